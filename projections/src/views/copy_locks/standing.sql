SELECT
    count(*) AS locks,
    count(*) FILTER (WHERE expires_at <= clock_timestamp()) AS lapsed,
    coalesce(greatest(0, extract(epoch FROM clock_timestamp() - min(acquired_at)) * 1000), 0)::bigint AS oldest_ms,
    coalesce(greatest(0, extract(epoch FROM clock_timestamp() - min(expires_at)) * 1000), 0)::bigint AS longest_lapsed_ms
FROM copy_locks_v1
