-- Subjects as they stand, by pseudonym. `standing` holds commitments where a person has texts; `erasure` and `holds` are what
-- the worker that erases asks for.
CREATE TABLE subjects_v1 (
    subject_id uuid PRIMARY KEY,
    erasure text NOT NULL CHECK (erasure IN ('NONE', 'REQUESTED', 'APPROVED', 'STARTED', 'ERASED')),
    holds integer NOT NULL,
    standing json NOT NULL,
    sequence bigint NOT NULL,
    position bigint NOT NULL,
    created_position bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 80);

CREATE UNIQUE INDEX subjects_v1_created ON subjects_v1 (created_position);
CREATE INDEX subjects_v1_erasure ON subjects_v1 (erasure, position) WHERE erasure <> 'NONE';
