-- The copies that a grader may know of: all of the exams $3 that they lead; of $4, those that are for whoever takes them; of $5,
-- those that are assigned to them, $6. A page of keys is read from each by its index, so that what is read does not grow
-- with the exams; whole rows are read of the page alone.
WITH page AS (
    SELECT c.created_position
    FROM unnest($3::uuid[]) AS led (exam)
    CROSS JOIN LATERAL (
        SELECT created_position FROM copies_v2
        WHERE exam_id = led.exam AND created_position > $1
        ORDER BY created_position
        LIMIT $2
    ) AS c
    UNION ALL
    SELECT c.created_position
    FROM unnest($4::uuid[]) AS open (exam)
    CROSS JOIN LATERAL (
        SELECT created_position FROM copies_v2
        WHERE exam_id = open.exam AND created_position > $1 AND (assigned_to IS NULL OR assigned_to = $6)
        ORDER BY created_position
        LIMIT $2
    ) AS c
    UNION ALL (
        SELECT created_position FROM copies_v2
        WHERE assigned_to = $6 AND created_position > $1 AND exam_id = ANY ($5)
        ORDER BY created_position
        LIMIT $2
    )
    ORDER BY created_position
    LIMIT $2
)
SELECT copies_v2.* FROM page JOIN copies_v2 USING (created_position)
ORDER BY created_position
