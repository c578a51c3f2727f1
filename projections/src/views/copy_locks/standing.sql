SELECT
    count(*) AS locks,
    coalesce(greatest(0, extract(epoch FROM clock_timestamp() - min(acquired_at)) * 1000), 0)::bigint AS oldest_ms,
    count(*) FILTER (WHERE expires_at <= clock_timestamp()) AS ended,
    coalesce(greatest(0, extract(epoch FROM clock_timestamp() - min(expires_at)) * 1000), 0)::bigint AS ended_ms
FROM copy_locks_v1
