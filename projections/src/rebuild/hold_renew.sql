UPDATE rebuilds SET
    lease_until = clock_timestamp() + make_interval(secs => $2),
    phase = $3,
    events = $4,
    target = $5
WHERE run = $1
