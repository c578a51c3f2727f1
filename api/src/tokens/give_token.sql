INSERT INTO tokens (token_hash, token_id, actor_id, role, expires_at, subject_id)
VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5), $6)
RETURNING expires_at
