-- Writes copies and moves the counts by the difference to the rows that stood. `stood` and `written` see the same
-- snapshot, so `stood` is what `written` replaces.
WITH incoming AS (
    SELECT * FROM json_populate_recordset(NULL::copies_v2, $1::json)
),
stood AS (
    SELECT exam_id, status FROM copies_v2 WHERE copy_id IN (SELECT copy_id FROM incoming)
),
written AS (
    INSERT INTO copies_v2 AS c SELECT * FROM incoming
    ON CONFLICT (copy_id) DO UPDATE SET
        status = EXCLUDED.status,
        total_hundredths = EXCLUDED.total_hundredths,
        subject_id = EXCLUDED.subject_id,
        assigned_to = EXCLUDED.assigned_to,
        body = EXCLUDED.body,
        last_failure = EXCLUDED.last_failure,
        sequence = EXCLUDED.sequence,
        position = EXCLUDED.position,
        updated_at = EXCLUDED.updated_at
    RETURNING c.exam_id, c.status
),
difference AS (
    SELECT exam_id, status, sum(change) AS copies
    FROM (
        SELECT exam_id, status, 1 AS change FROM written
        UNION ALL
        SELECT exam_id, status, -1 FROM stood
    ) AS changes
    WHERE status IS NOT NULL
    GROUP BY exam_id, status
    HAVING sum(change) <> 0
),
-- A count that falls has a row; the check of the table would refuse a negative row before any conflict. One
-- that comes to zero has none, so that the rows do not tell how the events fell into transactions.
gone AS (
    DELETE FROM copy_status_counts_v2 AS counts USING difference
    WHERE counts.exam_id = difference.exam_id AND counts.status = difference.status
        AND counts.copies + difference.copies = 0
),
fallen AS (
    UPDATE copy_status_counts_v2 AS counts SET copies = counts.copies + difference.copies
    FROM difference
    WHERE counts.exam_id = difference.exam_id AND counts.status = difference.status
        AND difference.copies < 0 AND counts.copies + difference.copies <> 0
)
INSERT INTO copy_status_counts_v2 AS counts SELECT exam_id, status, copies FROM difference WHERE copies > 0
ON CONFLICT (exam_id, status) DO UPDATE SET copies = counts.copies + EXCLUDED.copies
