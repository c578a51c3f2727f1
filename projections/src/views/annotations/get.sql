SELECT * FROM annotations_v1
WHERE copy_id = $1 AND annotation_id = $2 AND removed_at IS NULL
