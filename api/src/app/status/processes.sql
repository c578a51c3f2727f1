-- $1 is how long after its last word a process is taken to be alive, in seconds; $2 is how many are listed.
SELECT json_build_object(
    'processes', coalesce((
        SELECT json_agg(json_build_object(
            'host', p.host, 'pid', p.pid, 'parts', p.parts, 'version', p.version, 'reader', p.reader,
            'worker', p.worker, 'projector', p.projector, 'alive', p.alive,
            'up_ms', greatest(0, extract(epoch FROM clock_timestamp() - p.started_at) * 1000)::bigint,
            'silent_ms', greatest(0, extract(epoch FROM clock_timestamp() - p.seen_at) * 1000)::bigint
        ) ORDER BY p.alive DESC, p.started_at)
        FROM (
            SELECT *, seen_at > clock_timestamp() - $1::float8 * interval '1 second' AS alive
            FROM processes ORDER BY seen_at DESC LIMIT $2
        ) AS p
    ), '[]'),
    'duties', coalesce((
        SELECT json_agg(json_build_object('duty', l.duty, 'worker', l.worker) ORDER BY l.duty)
        FROM work_leaders AS l WHERE l.lease_until > clock_timestamp()
    ), '[]')
)
