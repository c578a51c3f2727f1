SELECT * FROM annotations_v1
WHERE copy_id = $1 AND ($2::bigint IS NULL OR page_index = $2) AND number > $3 AND removed_at IS NULL
ORDER BY number
LIMIT $4
