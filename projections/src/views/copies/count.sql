SELECT exam_id, status, count(*) FROM copies_v2
WHERE status IS NOT NULL
GROUP BY exam_id, status
