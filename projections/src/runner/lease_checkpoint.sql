UPDATE projections SET
    position = $7,
    moved_at = clock_timestamp(),
    required_reader = greatest(required_reader, $8),
    lease_until = clock_timestamp() + make_interval(secs => $6)
WHERE name = $1 AND version = $2 AND leader = $3 AND lease_token = $4 AND position = $5
