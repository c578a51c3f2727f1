-- Which sessions hold up the sessions $1, directly or through others that wait as well, and what they do. A role that may
-- not see another's session gets nulls for what it does; the query's text says the same and is left out here.
WITH RECURSIVE held AS (
    SELECT waiting.pid, 1 AS depth, waiting.pid AS held_up
    FROM unnest($1::integer[]) AS waiting (pid)
    UNION
    SELECT blocker.pid, held.depth + 1, held.held_up
    FROM held CROSS JOIN LATERAL unnest(pg_blocking_pids(held.pid)) AS blocker (pid)
    WHERE held.depth <= $2
)
SELECT
    held.held_up,
    held.pid,
    pg_blocking_pids(held.pid) AS waits_for,
    session.usename::text AS user_name,
    session.application_name,
    session.state,
    session.wait_event_type || ': ' || session.wait_event AS waits_on,
    (extract(epoch FROM clock_timestamp() - session.xact_start) * 1000)::bigint AS transaction_ms,
    (extract(epoch FROM clock_timestamp() - session.state_change) * 1000)::bigint AS state_ms,
    CASE WHEN session.state IS NOT NULL THEN left(session.query, $3) END AS query
FROM (SELECT held_up, pid, min(depth) AS depth FROM held GROUP BY held_up, pid) AS held
LEFT JOIN pg_stat_activity AS session ON session.pid = held.pid
ORDER BY held.held_up, held.depth, held.pid
