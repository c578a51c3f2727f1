-- Gives the lease back to processes of a later reader alone.
UPDATE projections SET
    required_reader = greatest(required_reader, $6),
    leader = NULL,
    lease_until = NULL,
    backend_pid = NULL
WHERE name = $1 AND version = $2 AND leader = $3 AND lease_token = $4 AND position = $5
