SELECT
    e.position,
    e.aggregate_type || ' ' || e.aggregate_id AS stream,
    e.event_type,
    e.event_version,
    s.reader AS needs
FROM events AS e
JOIN event_shapes AS s USING (aggregate_type, event_type, event_version)
WHERE e.position = $1 AND s.reader > $2
