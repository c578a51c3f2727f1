SELECT id, at, actor_id, role, act, method, route, copy_id, exam_id, subject_id, outcome, status, code, request_id, times,
       reason_key, reason
FROM access_log
WHERE ($1::bigint IS NULL OR id < $1)
  AND ($2::uuid IS NULL OR copy_id = $2)
  AND ($3::uuid IS NULL OR subject_id = $3)
  AND ($4::uuid IS NULL OR actor_id = $4)
  AND ($5::text IS NULL OR outcome = $5)
  AND ($6::timestamptz IS NULL OR at >= $6)
  AND ($7::timestamptz IS NULL OR at < $7)
ORDER BY id DESC
LIMIT $8
