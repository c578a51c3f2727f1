SELECT
    count(*) FILTER (WHERE status = 'STAGING' AND body -> 'import' ->> 'state' = 'failed') AS imports,
    count(*) FILTER (WHERE status = 'GRADING_FAILED' AND last_failure ->> 'will_retry' = 'false') AS finalisations
FROM copies_v2
WHERE status IN ('STAGING', 'GRADING_FAILED') AND last_failure IS NOT NULL
