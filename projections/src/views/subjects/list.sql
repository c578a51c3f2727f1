SELECT * FROM subjects_v1
WHERE created_position > $1
ORDER BY created_position
LIMIT $2
