-- Who rebuilds a view, and whether that still counts: within its lease, and with its session there.
SELECT
    r.name,
    r.version,
    r.run,
    r.holder,
    r.backend_pid,
    r.began_at,
    r.phase,
    r.events,
    r.target,
    r.lease_until > clock_timestamp() AND EXISTS (
        SELECT FROM pg_stat_get_activity(r.backend_pid) AS s WHERE s.application_name = $3 || r.run
    ) AS stands
FROM rebuilds AS r
WHERE r.name = $1 AND r.version = $2
FOR UPDATE OF r
