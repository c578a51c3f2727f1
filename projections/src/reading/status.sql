-- The status of the views named by $1 and $2. The event after a view's position is the oldest that it has not folded. A
-- view has stood still since it last moved, or since there was something to fold, whichever came later; after $3
-- milliseconds it is stuck. A leader that waits for a lock renews nothing, so its lease is over while its session goes on:
-- the session is told apart by the name that it gives itself.
SELECT
    v.name,
    v.version,
    coalesce(p.position, 0) AS position,
    head.position AS head,
    greatest(0, coalesce(extract(epoch FROM clock_timestamp() - oldest.recorded_at) * 1000, 0))::bigint AS lag_ms,
    still.ms AS stuck_ms,
    still.ms > $3 AS stuck,
    CASE WHEN lease.stands THEN p.leader END AS leader,
    session.pid AS backend_pid,
    coalesce(p.required_reader, 1) AS required_reader,
    p.poison_position,
    p.poison_stream,
    p.poison_event_type,
    p.poison_cause,
    p.poisoned_at,
    (SELECT count(*) FROM projection_gaps AS gap WHERE gap.name = v.name AND gap.version = v.version) AS left_out
FROM unnest($1::text[], $2::integer[]) WITH ORDINALITY AS v (name, version, place)
CROSS JOIN (SELECT coalesce(max(position), 0) AS position FROM events) AS head
LEFT JOIN projections AS p ON p.name = v.name AND p.version = v.version
LEFT JOIN events AS oldest ON oldest.position = coalesce(p.position, 0) + 1
CROSS JOIN LATERAL (SELECT coalesce(p.lease_until > clock_timestamp(), false) AS stands) AS lease
CROSS JOIN LATERAL (
    SELECT CASE WHEN head.position > coalesce(p.position, 0) THEN
        greatest(0, extract(epoch FROM clock_timestamp() - greatest(p.moved_at, oldest.recorded_at)) * 1000)::bigint
    ELSE 0 END AS ms
) AS still
LEFT JOIN LATERAL (
    SELECT s.pid FROM pg_stat_get_activity(p.backend_pid) AS s
    WHERE p.backend_pid IS NOT NULL AND s.application_name = $4
) AS session ON true
ORDER BY v.place
