SELECT subject_id FROM subjects_v1
WHERE erasure = 'STARTED' OR (erasure = 'APPROVED' AND holds = 0)
ORDER BY position
LIMIT $1
