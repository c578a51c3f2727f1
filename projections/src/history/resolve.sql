-- What a moment comes to: the last event of the copy up to it, and what is needed to say why there is none. Every part
-- is a look-up in an index of `events`, and only those of this one copy.
SELECT
    (SELECT coalesce(max(position), 0) FROM events) AS head,
    clock_timestamp() AS now,
    began.position AS began_position,
    began.recorded_at AS began_at,
    ended.sequence AS last_sequence,
    reached.sequence AS sequence,
    reached.recorded_at AS sequence_at,
    (SELECT recorded_at FROM events WHERE position = $3) AS position_at
FROM (
    SELECT position, recorded_at FROM events
    WHERE aggregate_type = 'ExamCopy' AND aggregate_id = $1
    ORDER BY sequence LIMIT 1
) AS began
CROSS JOIN LATERAL (
    SELECT sequence FROM events
    WHERE aggregate_type = 'ExamCopy' AND aggregate_id = $1
    ORDER BY sequence DESC LIMIT 1
) AS ended
LEFT JOIN LATERAL (
    SELECT sequence, recorded_at FROM events
    WHERE aggregate_type = 'ExamCopy' AND aggregate_id = $1
        AND ($2::bigint IS NULL OR sequence <= $2)
        AND ($3::bigint IS NULL OR position <= $3)
        AND ($4::timestamptz IS NULL OR recorded_at <= $4)
    ORDER BY sequence DESC LIMIT 1
) AS reached ON true
