-- What follows position $1 in the stream of copy $5, at most $2 events, with epoch and head of the same moment; a row
-- without an event where there is none. The columns and the other conditions are those of page.sql.
SELECT
    standing.epoch,
    standing.head,
    e.position,
    true AS matches,
    e.event_id,
    e.aggregate_type,
    e.aggregate_id,
    e.sequence,
    e.event_type,
    e.event_version,
    e.payload,
    e.metadata,
    e.recorded_at,
    e.leaf_hash,
    e.exam,
    e.recorded_under
FROM (
    SELECT h.epoch, coalesce((SELECT max(position) FROM events), 0) AS head FROM ledger_head AS h
) AS standing
LEFT JOIN LATERAL (
    SELECT
        own.position, own.event_id, own.aggregate_type, own.aggregate_id, own.sequence, own.event_type, own.event_version,
        own.payload::text AS payload, own.metadata::text AS metadata, own.recorded_at, own.leaf_hash,
        first.payload -> first.event_type ->> 'exam' AS exam, begun.epoch AS recorded_under
    FROM events AS own
    LEFT JOIN events AS first
        ON first.aggregate_type = own.aggregate_type AND first.aggregate_id = own.aggregate_id AND first.sequence = 1
    CROSS JOIN LATERAL (
        SELECT epoch FROM ledger_epochs WHERE from_position <= own.position
        ORDER BY from_position DESC, began_at DESC LIMIT 1
    ) AS begun
    WHERE own.aggregate_type = 'ExamCopy' AND own.aggregate_id = $5 AND own.position > $1
        AND ($3::text[] IS NULL OR own.event_type = ANY ($3))
        AND ($4::text IS NULL OR first.payload -> first.event_type ->> 'exam' IS NOT DISTINCT FROM $4)
    ORDER BY own.sequence
    LIMIT $2
) AS e ON true
ORDER BY e.position
