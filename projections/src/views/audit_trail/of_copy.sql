SELECT * FROM audit_trail_v1
WHERE copy_id = $1 AND position > $2
    AND ($4::text IS NULL OR action = $4)
    AND ($5::uuid IS NULL OR actor_id = $5)
ORDER BY position
LIMIT $3
