-- What follows position $1, at most $2 positions, with epoch and head of the same moment. Of an event that is not asked for
-- only the position is read on, so that a reader sees every position and pays for few. A copy's exam stands in its first
-- event and never changes; it is found by the index of streams. Asked for: types $3, exam $4; null asks for all.
SELECT
    (SELECT epoch FROM ledger_head) AS epoch,
    (SELECT max(position) FROM events) AS head,
    e.position,
    asked.matches,
    e.event_id,
    e.aggregate_type,
    e.aggregate_id,
    e.sequence,
    e.event_type,
    e.event_version,
    CASE WHEN asked.matches THEN e.payload::text END AS payload,
    CASE WHEN asked.matches THEN e.metadata::text END AS metadata,
    e.recorded_at,
    e.leaf_hash,
    of_exam.exam,
    begun.epoch AS recorded_under
FROM (SELECT * FROM events WHERE position > $1 ORDER BY position LIMIT $2) AS e
CROSS JOIN LATERAL (SELECT $3::text[] IS NULL OR e.event_type = ANY ($3) AS matches) AS of_type
LEFT JOIN LATERAL (
    -- The limit keeps this a look-up in the index for each event, whatever the planner thinks of the table.
    SELECT f.payload, f.event_type FROM events AS f
    WHERE of_type.matches AND e.aggregate_type = 'ExamCopy'
        AND f.aggregate_type = e.aggregate_type AND f.aggregate_id = e.aggregate_id AND f.sequence = 1
    ORDER BY f.sequence LIMIT 1
) AS first ON true
CROSS JOIN LATERAL (
    SELECT CASE e.aggregate_type
        WHEN 'Exam' THEN e.aggregate_id
        WHEN 'ExamCopy' THEN first.payload -> first.event_type ->> 'exam'
    END AS exam
) AS of_exam
CROSS JOIN LATERAL (
    SELECT of_type.matches AND ($4::text IS NULL OR of_exam.exam IS NOT DISTINCT FROM $4) AS matches
) AS asked
CROSS JOIN LATERAL (
    SELECT epoch FROM ledger_epochs WHERE from_position <= e.position ORDER BY from_position DESC, began_at DESC LIMIT 1
) AS begun
ORDER BY e.position
