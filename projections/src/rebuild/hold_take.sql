INSERT INTO rebuilds (name, version, run, holder, backend_pid, began_at, lease_until, phase, events, target)
VALUES ($1, $2, $3, $4, pg_backend_pid(), clock_timestamp(), clock_timestamp() + make_interval(secs => $5), $6, 0, 0)
ON CONFLICT (name, version) DO UPDATE SET
    run = EXCLUDED.run,
    holder = EXCLUDED.holder,
    backend_pid = EXCLUDED.backend_pid,
    began_at = EXCLUDED.began_at,
    lease_until = EXCLUDED.lease_until,
    phase = EXCLUDED.phase,
    events = 0,
    target = 0
WHERE rebuilds.run = $7
