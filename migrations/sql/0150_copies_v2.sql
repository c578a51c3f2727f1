-- Copies as they stand: as copies_v1 has them, and whose a copy is and who is to mark it. Processes of the version before go
-- on with copies_v1.
CREATE TABLE copies_v2 (
    copy_id uuid PRIMARY KEY,
    exam_id uuid NOT NULL,
    anonymous_id text NOT NULL,
    status text CHECK (status IN
        ('STAGING', 'READY', 'LOCKED', 'GRADING_IN_PROGRESS', 'GRADING_FAILED', 'GRADED')),
    total_hundredths bigint,
    subject_id uuid,
    assigned_to uuid,
    body json NOT NULL,
    last_failure json,
    sequence bigint NOT NULL,
    position bigint NOT NULL,
    created_position bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 80);

CREATE UNIQUE INDEX copies_v2_created ON copies_v2 (created_position);
CREATE INDEX copies_v2_exam ON copies_v2 (exam_id, created_position);
CREATE INDEX copies_v2_status ON copies_v2 (status, created_position);
CREATE INDEX copies_v2_exam_status ON copies_v2 (exam_id, status, created_position);
CREATE INDEX copies_v2_subject ON copies_v2 (subject_id, created_position) WHERE subject_id IS NOT NULL;
CREATE INDEX copies_v2_assigned ON copies_v2 (assigned_to, created_position) WHERE assigned_to IS NOT NULL;
