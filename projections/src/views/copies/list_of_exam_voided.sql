-- Ordered as list_voided.sql is.
SELECT * FROM copies_v2
WHERE created_position > $1 AND exam_id = $3 AND status IS NULL
ORDER BY status, created_position
LIMIT $2
