-- Exams as they stand: scheme in force, graders, and whether the results are out.
CREATE TABLE exams_v1 (
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

CREATE UNIQUE INDEX exams_v1_created ON exams_v1 (created_position);
