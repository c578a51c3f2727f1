-- Which pseudonym a person has who signs in at the institution: by an HMAC of the issuer and of the issuer's name for them, never
-- the name itself, so that the table tells nothing without the service's key. A student's row says which subject they are, so
-- that it goes with them.
CREATE TABLE sign_ins (
    sign_in_hmac bytea PRIMARY KEY CHECK (octet_length(sign_in_hmac) = 32),
    actor_id uuid NOT NULL UNIQUE REFERENCES actors,
    subject_id uuid,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sign_ins_subject ON sign_ins (subject_id) WHERE subject_id IS NOT NULL;
