INSERT INTO access_log (
    at, actor_id, role, act, method, route, copy_id, exam_id, subject_id, outcome, status, code, request_id, times, reason_key,
    reason
)
SELECT clock_timestamp() - make_interval(secs => row.seconds_ago), row.actor, row.role, row.act, row.method, row.route, row.copy,
       row.exam, row.subject, row.outcome, row.status, row.code, row.request, row.times, row.reason_key, row.reason
FROM unnest(
    $1::float8[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::uuid[], $9::uuid[], $10::text[],
    $11::smallint[], $12::text[], $13::text[], $14::bigint[], $15::uuid[], $16::bytea[]
) WITH ORDINALITY AS row (
    seconds_ago, actor, role, act, method, route, copy, exam, subject, outcome, status, code, request, times, reason_key, reason, nth
)
ORDER BY row.nth
