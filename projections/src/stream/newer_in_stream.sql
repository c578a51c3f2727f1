SELECT
    e.position,
    e.aggregate_type || ' ' || e.aggregate_id AS stream,
    e.event_type,
    e.event_version,
    s.reader AS needs
FROM events AS e
JOIN event_shapes AS s USING (aggregate_type, event_type, event_version)
WHERE e.aggregate_type = $1 AND e.aggregate_id = $2 AND s.reader > $3
ORDER BY e.sequence
LIMIT 1
