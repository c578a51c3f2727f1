-- The copies that a grader may know of: all of the exams they lead; of the others, those that are theirs to mark.
SELECT * FROM copies_v2
WHERE created_position > $1
    AND ($3::uuid IS NULL OR exam_id = $3)
    AND ($4 OR status IS NOT DISTINCT FROM $5)
    AND (
        exam_id = ANY($6)
        OR exam_id = ANY($7) AND (assigned_to IS NULL OR assigned_to = $9)
        OR exam_id = ANY($8) AND assigned_to = $9
    )
ORDER BY created_position
LIMIT $2
