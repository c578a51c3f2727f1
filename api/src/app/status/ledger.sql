-- `held` are the sessions that keep appends from the head: those with a lock on its row that wait for nobody themselves. How long
-- another role's transaction is open is not told to everyone; such a one counts where somebody waits for it.
SELECT json_build_object(
    'head', coalesce(last.position, 0),
    'last_event_ms', CASE WHEN last.position IS NOT NULL
        THEN greatest(0, extract(epoch FROM clock_timestamp() - last.recorded_at) * 1000)::bigint END,
    'epoch', head.epoch,
    'postgres', current_setting('server_version'),
    'now', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'held', (
        SELECT coalesce(json_agg(json_build_object(
            'pid', holder.pid, 'user', session.usename, 'application', session.application_name,
            'open_ms', (extract(epoch FROM clock_timestamp() - session.xact_start) * 1000)::bigint
        ) ORDER BY session.xact_start), '[]')
        FROM (
            SELECT DISTINCT pid FROM pg_locks
            WHERE locktype = 'relation' AND relation = 'ledger_head'::regclass AND granted AND mode <> 'AccessShareLock'
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        ) AS holder
        JOIN pg_stat_activity AS session USING (pid)
        WHERE cardinality(pg_blocking_pids(holder.pid)) = 0
            AND CASE WHEN session.xact_start IS NULL
                THEN EXISTS (SELECT FROM pg_locks WHERE NOT granted AND holder.pid = ANY (pg_blocking_pids(pid)))
                ELSE clock_timestamp() - session.xact_start > make_interval(secs => $1) END
    )
)
FROM ledger_head AS head
LEFT JOIN (SELECT position, recorded_at FROM events ORDER BY position DESC LIMIT 1) AS last ON true
