SELECT EXISTS (SELECT FROM tokens WHERE subject_id = $1 AND revoked_at IS NULL)
    OR EXISTS (SELECT FROM sign_ins WHERE subject_id = $1)
    OR EXISTS (SELECT FROM subject_references WHERE subject_id = $1)
