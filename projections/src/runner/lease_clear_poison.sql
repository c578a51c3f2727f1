UPDATE projections SET
    poison_position = NULL,
    poison_stream = NULL,
    poison_event_type = NULL,
    poison_cause = NULL,
    poisoned_at = NULL
WHERE name = $1 AND version = $2 AND leader = $3 AND lease_token = $4 AND position = $5
