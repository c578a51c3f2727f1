UPDATE projections SET leader = NULL, lease_until = NULL, backend_pid = NULL
WHERE name = $1 AND version = $2 AND leader = $3 AND lease_token = $4
