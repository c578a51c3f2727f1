UPDATE projections SET lease_until = clock_timestamp() + make_interval(secs => $6)
WHERE name = $1 AND version = $2 AND leader = $3 AND lease_token = $4 AND position = $5
RETURNING lease_token, position, poison_position, poison_stream
