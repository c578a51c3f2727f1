WITH ended AS (
    DELETE FROM copy_locks_v1 WHERE copy_id = ANY ($2)
)
INSERT INTO copy_locks_v1 SELECT * FROM json_populate_recordset(NULL::copy_locks_v1, $1::json)
ON CONFLICT (copy_id) DO UPDATE SET
    lock_id = EXCLUDED.lock_id,
    owner = EXCLUDED.owner,
    ttl_seconds = EXCLUDED.ttl_seconds,
    acquired_at = EXCLUDED.acquired_at,
    expires_at = EXCLUDED.expires_at,
    position = EXCLUDED.position
