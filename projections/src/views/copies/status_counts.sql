SELECT status, sum(copies)::bigint AS copies
FROM copy_status_counts_v2
WHERE $1::uuid IS NULL OR exam_id = $1
GROUP BY status
