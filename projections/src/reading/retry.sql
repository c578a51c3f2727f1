UPDATE projections SET
    poison_position = NULL,
    poison_stream = NULL,
    poison_event_type = NULL,
    poison_cause = NULL,
    poisoned_at = NULL
WHERE name = $1 AND version = $2 AND poison_position IS NOT NULL
