SELECT e.position, e.sequence, e.recorded_at, e.event_id, e.aggregate_type, e.aggregate_id, e.event_type, e.event_version,
       e.content_hash, e.leaf_hash, e.payload::text AS payload, e.metadata::text AS metadata,
       before.position AS before_position, before.leaf_hash AS before_leaf
FROM events e
LEFT JOIN LATERAL (
    -- The limit keeps this a look-up in the index for each event, whatever the planner thinks of the table.
    SELECT b.position, b.leaf_hash FROM events b
    WHERE b.aggregate_type = e.aggregate_type AND b.aggregate_id = e.aggregate_id AND b.sequence = e.sequence - 1
    ORDER BY b.sequence LIMIT 1
) before ON true
WHERE e.position >= $1 AND e.position <= $2
ORDER BY e.position
