-- The view stands where its new tables do, with no leader: the token grows, so that nothing of a leader that was folding
-- the old tables can commit, and whoever leads next begins from the rows, if it can read what this process has.
INSERT INTO projections AS p (name, version, position, required_reader) VALUES ($1, $2, $3, $4)
ON CONFLICT (name, version) DO UPDATE SET
    position = EXCLUDED.position,
    required_reader = greatest(p.required_reader, EXCLUDED.required_reader),
    moved_at = clock_timestamp(),
    leader = NULL,
    lease_until = NULL,
    backend_pid = NULL,
    lease_token = p.lease_token + 1,
    poison_position = NULL,
    poison_stream = NULL,
    poison_event_type = NULL,
    poison_cause = NULL,
    poisoned_at = NULL
