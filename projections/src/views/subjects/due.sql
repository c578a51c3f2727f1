-- Those whose erasure has ended are nearly all of the index; the first condition keeps to the others.
SELECT subject_id FROM subjects_v1
WHERE erasure IN ('STARTED', 'APPROVED') AND (erasure = 'STARTED' OR holds = 0)
ORDER BY position
LIMIT $1
