SELECT * FROM subjects_v1
WHERE erasure = 'ERASED' AND position > $1
ORDER BY position
LIMIT $2
