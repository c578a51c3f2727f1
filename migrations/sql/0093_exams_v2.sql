-- Exams as they stand: as exams_v1 has them, but that `graders` is an object of each grader's duty. Processes of the version
-- before go on with exams_v1.
CREATE TABLE exams_v2 (
    exam_id uuid PRIMARY KEY,
    code text NOT NULL,
    scheme json,
    graders json NOT NULL,
    released boolean NOT NULL,
    archived boolean NOT NULL,
    sequence bigint NOT NULL,
    position bigint NOT NULL,
    created_position bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 80);

CREATE UNIQUE INDEX exams_v2_created ON exams_v2 (created_position);
