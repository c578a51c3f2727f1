-- As read.sql, of all before the time $4, by their times: what is newer than that is not walked over. The row that the page before
-- ended with, $1, is older than those that follow it; one that is gone was pruned, and so is all that would follow.
SELECT id, at, actor_id, role, act, method, route, copy_id, exam_id, subject_id, outcome, status, code, request_id, times,
       reason_key, reason
FROM access_log
WHERE ($1::bigint IS NULL OR (at, id) < (SELECT l.at, l.id FROM access_log AS l WHERE l.id = $1))
  AND ($2::text IS NULL OR outcome = $2)
  AND ($3::timestamptz IS NULL OR at >= $3)
  AND at < $4
ORDER BY at DESC, id DESC
LIMIT $5
