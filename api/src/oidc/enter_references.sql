INSERT INTO subject_references (reference_hmac, subject_id)
SELECT DISTINCT given.reference_hmac, $1 FROM unnest($2::bytea[]) AS given (reference_hmac)
ON CONFLICT (reference_hmac) DO NOTHING
