-- For each stream that is asked for, in that order: its last event, or nothing.
SELECT last.sequence, last.leaf_hash
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (aggregate_type, aggregate_id, nth)
LEFT JOIN LATERAL (
    SELECT e.sequence, e.leaf_hash FROM events e
    WHERE e.aggregate_type = asked.aggregate_type AND e.aggregate_id = asked.aggregate_id
    ORDER BY e.sequence DESC LIMIT 1
) last ON true
ORDER BY asked.nth
