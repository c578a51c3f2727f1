-- What is parked for the view $1, beside whether the view of that, $2 in version $3, has the last act of the stream $4 $5: one
-- statement, so that both are of one moment. One row at least.
SELECT
    coalesce(p.position, 0) >= coalesce(last.position, 0) AS is_complete,
    parked.stream_type,
    parked.stream_id,
    parked.from_position
FROM (SELECT $2::text AS name, $3::integer AS version) AS of_parked
LEFT JOIN projections AS p ON p.name = of_parked.name AND p.version = of_parked.version
LEFT JOIN LATERAL (
    SELECT position FROM events
    WHERE aggregate_type = $4 AND aggregate_id = $5
    ORDER BY sequence DESC LIMIT 1
) AS last ON true
LEFT JOIN parked_v1 AS parked ON parked.view = $1
