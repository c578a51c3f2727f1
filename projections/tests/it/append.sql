-- Appends events to one stream, as append_events leaves them but for the leaf.
WITH head AS (
    SELECT coalesce(max(position), 0) AS position FROM events
),
appended AS (
    INSERT INTO events (position, sequence, recorded_at, event_id, aggregate_type, aggregate_id, event_type,
        event_version, content_hash, leaf_hash, payload, metadata)
    SELECT head.position + e.nth, $3 + e.nth - 1, clock_timestamp(), e.event_id, $1, $2, e.event_type,
        e.event_version, e.content_hash, $10, e.payload::json, e.metadata::json
    FROM head, unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bytea[])
        WITH ORDINALITY AS e (event_id, event_type, event_version, payload, metadata, content_hash, nth)
    RETURNING position
)
SELECT max(position) FROM appended
