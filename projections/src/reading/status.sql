-- The status of the views named by $1 and $2. The event after a view's position is the oldest that it has not folded.
SELECT
    v.name,
    v.version,
    coalesce(p.position, 0) AS position,
    head.position AS head,
    greatest(0, coalesce(extract(epoch FROM clock_timestamp() - oldest.recorded_at) * 1000, 0))::bigint AS lag_ms,
    CASE WHEN p.lease_until > clock_timestamp() THEN p.leader END AS leader,
    p.poison_position,
    p.poison_stream,
    p.poison_event_type,
    p.poison_cause,
    p.poisoned_at
FROM unnest($1::text[], $2::integer[]) WITH ORDINALITY AS v (name, version, place)
CROSS JOIN (SELECT coalesce(max(position), 0) AS position FROM events) AS head
LEFT JOIN projections AS p ON p.name = v.name AND p.version = v.version
LEFT JOIN events AS oldest ON oldest.position = coalesce(p.position, 0) + 1
ORDER BY v.place
