WITH due AS (
    SELECT q.position, q.copy_id
    FROM {work_queue} q
    -- Looked up item by item: a join may be planned as a walk along all claims.
    LEFT JOIN LATERAL (SELECT * FROM work_claims c WHERE c.position = q.position LIMIT 1) c ON true
    WHERE (q.last_failed_at IS NULL
           OR q.last_failed_at + least($3::float8 * power(2, least(q.failed_attempts - 1, 20)), $4::float8) * interval '1 millisecond'
              <= clock_timestamp())
      AND (c.position IS NULL OR (NOT c.settled AND c.lease_until <= clock_timestamp()))
    ORDER BY q.position
    LIMIT 1
    FOR UPDATE OF q SKIP LOCKED
), claimed AS (
    INSERT INTO work_claims AS c (position, copy_id, worker, claims, claimed_at, lease_until)
    SELECT position, copy_id, $1, 1, clock_timestamp(), clock_timestamp() + $2::float8 * interval '1 millisecond' FROM due
    ON CONFLICT (position) DO UPDATE
        SET worker = excluded.worker, claims = c.claims + 1, claimed_at = excluded.claimed_at,
            lease_until = excluded.lease_until
        WHERE NOT c.settled AND c.lease_until <= clock_timestamp()
    RETURNING position, claims
)
-- The trace that the causing event is part of stands in its metadata alone.
SELECT q.*, claimed.claims, e.metadata ->> 'traceparent' AS traceparent
FROM claimed JOIN {work_queue} q USING (position) LEFT JOIN events e USING (position)
