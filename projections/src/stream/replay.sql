-- The events of some streams up to a position, each stream in its order.
SELECT
    position,
    event_id,
    aggregate_type,
    aggregate_id,
    sequence,
    event_type,
    event_version,
    payload::text AS payload,
    metadata::text AS metadata,
    recorded_at
FROM events
WHERE aggregate_type = $1 AND aggregate_id = ANY ($2) AND position <= $3
ORDER BY aggregate_id, sequence
