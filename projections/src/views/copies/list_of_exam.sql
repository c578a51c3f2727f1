SELECT * FROM copies_v2
WHERE created_position > $1 AND exam_id = $3
ORDER BY created_position
LIMIT $2
