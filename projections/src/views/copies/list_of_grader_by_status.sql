-- As list_of_grader.sql, of those in status $7.
WITH page AS (
    SELECT c.created_position
    FROM unnest($3::uuid[]) AS led (exam)
    CROSS JOIN LATERAL (
        SELECT created_position FROM copies_v2
        WHERE exam_id = led.exam AND status = $7 AND created_position > $1
        ORDER BY created_position
        LIMIT $2
    ) AS c
    UNION ALL
    SELECT c.created_position
    FROM unnest($4::uuid[]) AS open (exam)
    CROSS JOIN LATERAL (
        SELECT created_position FROM copies_v2
        WHERE exam_id = open.exam AND status = $7 AND created_position > $1 AND (assigned_to IS NULL OR assigned_to = $6)
        ORDER BY created_position
        LIMIT $2
    ) AS c
    UNION ALL (
        SELECT created_position FROM copies_v2
        WHERE assigned_to = $6 AND status = $7 AND created_position > $1 AND exam_id = ANY ($5)
        ORDER BY created_position
        LIMIT $2
    )
    ORDER BY created_position
    LIMIT $2
)
SELECT copies_v2.* FROM page JOIN copies_v2 USING (created_position)
ORDER BY created_position
