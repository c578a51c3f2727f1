SELECT * FROM copies_v2
WHERE created_position > $1 AND status IS NULL
ORDER BY created_position
LIMIT $2
