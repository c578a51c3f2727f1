SELECT * FROM copy_locks_v1
WHERE expires_at <= clock_timestamp()
ORDER BY expires_at
LIMIT $1
