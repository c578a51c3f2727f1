-- Which subject the institution's reference of a student names, by an HMAC of the reference under the service's key. The office
-- fills it; one subject may have several, and a reference names one subject.
CREATE TABLE subject_references (
    reference_hmac bytea PRIMARY KEY CHECK (octet_length(reference_hmac) = 32),
    subject_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX subject_references_subject ON subject_references (subject_id);
