-- The ids of some streams of a kind, in their order. Every stream has an event with the number 1.
SELECT aggregate_id
FROM events
WHERE aggregate_type = $1 AND aggregate_id > $2 AND ($3::text IS NULL OR aggregate_id <= $3) AND sequence = 1
ORDER BY aggregate_id
LIMIT $4
