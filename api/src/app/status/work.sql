-- The queue by kind. $1 and $2 are how long an item rests after a failure, at first and at most, in milliseconds; $3 is how
-- many items in hand are listed. An item waits since it could have been taken: since it was asked for, its rest was over, or
-- the claim of whoever had it ran out.
WITH items AS (
    SELECT q.kind, q.position, q.copy_id, q.attempt, q.enqueued_at, c.worker, c.claims, c.claimed_at,
           coalesce(NOT c.settled AND c.lease_until > clock_timestamp(), false) AS in_hand,
           coalesce(c.settled, false) AS settled,
           rest.until AS rests_until,
           greatest(q.enqueued_at, rest.until, c.lease_until) AS due_at
    FROM {work_queue} AS q
    LEFT JOIN work_claims AS c ON c.position = q.position
    CROSS JOIN LATERAL (
        SELECT q.last_failed_at
            + least($1::float8 * power(2, least(q.failed_attempts - 1, 20)), $2::float8) * interval '1 millisecond' AS until
    ) AS rest
), stood AS (
    SELECT *, CASE
        WHEN settled THEN 'done'
        WHEN in_hand THEN 'in_hand'
        WHEN rests_until > clock_timestamp() THEN 'resting'
        ELSE 'waiting'
    END AS state
    FROM items
), oldest AS (
    SELECT DISTINCT ON (kind) * FROM stood ORDER BY kind, position
), by_kind AS (
    SELECT kind,
           count(*) AS items,
           count(*) FILTER (WHERE state = 'waiting') AS waiting,
           count(*) FILTER (WHERE state = 'resting') AS resting,
           count(*) FILTER (WHERE state = 'in_hand') AS in_hand,
           coalesce(max(extract(epoch FROM clock_timestamp() - due_at) * 1000) FILTER (WHERE state = 'waiting'), 0)::bigint
               AS longest_wait_ms
    FROM stood GROUP BY kind
)
SELECT json_build_object(
    'queue', coalesce((
        SELECT json_agg(json_build_object(
            'kind', b.kind, 'items', b.items, 'waiting', b.waiting, 'resting', b.resting, 'in_hand', b.in_hand,
            'longest_wait_ms', greatest(b.longest_wait_ms, 0),
            'oldest', json_build_object(
                'copy_id', o.copy_id, 'attempt', o.attempt, 'state', o.state,
                'age_ms', greatest(0, extract(epoch FROM clock_timestamp() - o.enqueued_at) * 1000)::bigint
            )
        ) ORDER BY b.kind)
        FROM by_kind AS b JOIN oldest AS o USING (kind)
    ), '[]'),
    'in_hand', coalesce((
        SELECT json_agg(json_build_object(
            'kind', t.kind, 'copy_id', t.copy_id, 'attempt', t.attempt, 'worker', t.worker, 'claims', t.claims,
            'for_ms', greatest(0, extract(epoch FROM clock_timestamp() - t.claimed_at) * 1000)::bigint
        ) ORDER BY t.claimed_at)
        FROM (SELECT * FROM stood WHERE state = 'in_hand' ORDER BY claimed_at LIMIT $3) AS t
    ), '[]')
)
