-- Copies of an exam that are for nobody in particular and can be given to somebody.
SELECT copy_id FROM copies_v2
WHERE exam_id = $1 AND assigned_to IS NULL AND status IN ('STAGING', 'READY', 'GRADING_FAILED')
ORDER BY created_position
LIMIT $2
