SELECT json_build_object(
    'head', coalesce(last.position, 0),
    'last_event_ms', greatest(0, extract(epoch FROM clock_timestamp() - last.recorded_at) * 1000)::bigint,
    'epoch', head.epoch,
    'postgres', current_setting('server_version'),
    'now', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
)
FROM ledger_head AS head
LEFT JOIN (SELECT position, recorded_at FROM events ORDER BY position DESC LIMIT 1) AS last ON true
