-- The exams that a grader is enrolled in.
SELECT * FROM exams_v2
WHERE created_position > $1 AND graders::jsonb ? $3
ORDER BY created_position
LIMIT $2
