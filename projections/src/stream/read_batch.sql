-- The next events after a position. Of streams that the reader does not follow it gets the row without its content,
-- so that it sees every position and pays for none.
SELECT
    position,
    event_id,
    aggregate_type,
    aggregate_id,
    sequence,
    event_type,
    event_version,
    CASE WHEN aggregate_type = ANY ($3) THEN payload::text END AS payload,
    CASE WHEN aggregate_type = ANY ($3) THEN metadata::text END AS metadata,
    recorded_at
FROM events
WHERE position > $1
ORDER BY position
LIMIT $2
