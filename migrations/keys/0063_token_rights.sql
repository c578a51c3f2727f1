-- Clerks, students and services have tokens, too. A service's token names its scopes, and a student's the subject whose
-- results it opens.
ALTER TABLE tokens
    DROP CONSTRAINT tokens_role_check,
    ADD CONSTRAINT tokens_role_check
        CHECK (role IN ('admin', 'grader', 'clerk', 'auditor', 'student', 'service')) NOT VALID,
    ADD COLUMN scopes text[] NOT NULL DEFAULT '{}',
    ADD COLUMN subject_id uuid,
    ADD CONSTRAINT tokens_subject_check CHECK ((subject_id IS NOT NULL) = (role = 'student')) NOT VALID;
