UPDATE projections SET
    leader = $3,
    lease_token = lease_token + 1,
    lease_until = clock_timestamp() + make_interval(secs => $4),
    backend_pid = pg_backend_pid()
WHERE name = $1 AND version = $2
    AND (leader IS NULL OR leader = $3 OR lease_until <= clock_timestamp())
RETURNING lease_token, position, poison_position, poison_stream
