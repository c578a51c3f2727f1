-- Back to position 0, with no leader: the token grows, so that a leader's transaction that is under way cannot commit.
UPDATE projections SET
    position = 0,
    moved_at = clock_timestamp(),
    leader = NULL,
    lease_until = NULL,
    backend_pid = NULL,
    lease_token = lease_token + 1,
    poison_position = NULL,
    poison_stream = NULL,
    poison_event_type = NULL,
    poison_cause = NULL,
    poisoned_at = NULL
WHERE name = $1 AND version = $2
