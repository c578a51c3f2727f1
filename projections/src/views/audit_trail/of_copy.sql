-- The trace that the request was part of stands in the event's metadata alone.
SELECT page.*, e.metadata ->> 'traceparent' AS traceparent
FROM (
    SELECT * FROM audit_trail_v1
    WHERE copy_id = $1 AND position > $2
        AND ($4::text IS NULL OR action = $4)
        AND ($5::uuid IS NULL OR actor_id = $5)
    ORDER BY position
    LIMIT $3
) page LEFT JOIN events e USING (position)
ORDER BY position
