-- After a failure an item rests: $2 ms after the first, twice as long after each further one, $3 ms at most. The exponent
-- is held at 30 so that it cannot overflow.
SELECT * FROM work_queue_v1
WHERE kind = ANY ($1)
    AND (last_failed_at IS NULL
        OR last_failed_at + make_interval(secs =>
            least($2 * 2 ^ least(failed_attempts - 1, 30), $3) / 1000) <= clock_timestamp())
ORDER BY position
LIMIT $4
