-- Takes the lease of a view, where it is free and this process can read what the view has folded. The row as it stood comes
-- back either way, so that the two reasons for not getting it are told apart.
WITH taken AS (
    UPDATE projections SET
        leader = $3,
        lease_token = lease_token + 1,
        lease_until = clock_timestamp() + make_interval(secs => $4),
        backend_pid = pg_backend_pid()
    WHERE name = $1 AND version = $2 AND required_reader <= $5
        AND (leader IS NULL OR leader = $3 OR lease_until <= clock_timestamp())
    RETURNING lease_token, position, poison_position, poison_stream
)
SELECT taken.*, projections.required_reader
FROM projections
LEFT JOIN taken ON true
WHERE projections.name = $1 AND projections.version = $2
