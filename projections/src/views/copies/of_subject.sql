SELECT * FROM copies_v2
WHERE subject_id = $1
ORDER BY created_position
LIMIT $2
