-- A copy as it stands: what lists are filtered by as columns, the whole as `body`.
--
-- `status` is null once the copy is voided; it is then counted nowhere. `created_position` is the position of the copy's
-- first event, which never changes, so that pages of a list are cut along it.
CREATE TABLE copies_v1 (
    copy_id uuid PRIMARY KEY,
    exam_id uuid NOT NULL,
    anonymous_id text NOT NULL,
    status text CHECK (status IN
        ('STAGING', 'READY', 'LOCKED', 'GRADING_IN_PROGRESS', 'GRADING_FAILED', 'GRADED')),
    total_hundredths bigint,
    body json NOT NULL,
    last_failure json,
    sequence bigint NOT NULL,
    position bigint NOT NULL,
    created_position bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 80);

CREATE UNIQUE INDEX copies_v1_created ON copies_v1 (created_position);
CREATE INDEX copies_v1_exam ON copies_v1 (exam_id, created_position);
CREATE INDEX copies_v1_status ON copies_v1 (status, created_position);
CREATE INDEX copies_v1_exam_status ON copies_v1 (exam_id, status, created_position);
