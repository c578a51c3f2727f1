SELECT
    kind,
    count(*) AS items,
    greatest(0, extract(epoch FROM clock_timestamp() - min(enqueued_at)) * 1000)::bigint AS oldest_ms
FROM work_queue_v1
GROUP BY kind
