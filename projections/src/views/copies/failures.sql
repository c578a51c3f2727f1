-- Copies whose import or finalisation failed and has not ended well since, the newest first. Whoever gave up is told apart
-- from what a worker or somebody tries again.
SELECT
    copy_id,
    last_failure,
    updated_at,
    (status = 'STAGING' AND body -> 'import' ->> 'state' = 'failed')
        OR (status = 'GRADING_FAILED' AND last_failure ->> 'will_retry' = 'false') AS given_up
FROM copies_v2
WHERE status IN ('STAGING', 'GRADING_FAILED', 'GRADING_IN_PROGRESS') AND last_failure IS NOT NULL
ORDER BY given_up DESC, position DESC
LIMIT $1
