CREATE INDEX tokens_subject ON tokens (subject_id) WHERE subject_id IS NOT NULL;
