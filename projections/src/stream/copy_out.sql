-- A share of the streams, in order of position. Which stream falls into which share means nothing beyond one run.
COPY (
    SELECT
        position,
        event_id,
        aggregate_type,
        aggregate_id,
        sequence,
        event_type,
        event_version,
        payload,
        metadata,
        recorded_at
    FROM events
    WHERE position <= {until}
        AND aggregate_type IN ({kinds})
        AND (hashtext(aggregate_id)::bigint & 2147483647) % {of} = {nth}
    ORDER BY position
) TO STDOUT (FORMAT binary)
