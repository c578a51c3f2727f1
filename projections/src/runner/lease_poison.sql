UPDATE projections SET
    poison_position = $6,
    poison_stream = $7,
    poison_event_type = $8,
    poison_cause = $9,
    poisoned_at = clock_timestamp()
WHERE name = $1 AND version = $2 AND leader = $3 AND lease_token = $4 AND position = $5
