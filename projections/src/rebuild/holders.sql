-- The rebuilds that run: within their lease, and with their session there.
SELECT r.name, r.version, r.holder, r.backend_pid, r.began_at, r.phase, r.events, r.target
FROM rebuilds AS r
WHERE r.lease_until > clock_timestamp() AND EXISTS (
    SELECT FROM pg_stat_get_activity(r.backend_pid) AS s WHERE s.application_name = $1 || r.run
)
ORDER BY r.name, r.version
