WITH gone AS (
    DELETE FROM processes WHERE seen_at < clock_timestamp() - $9::float8 * interval '1 second' AND process <> $1
)
INSERT INTO processes (process, parts, worker, projector, host, pid, version, reader, started_at, seen_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp(), clock_timestamp())
ON CONFLICT (process) DO UPDATE SET seen_at = excluded.seen_at
