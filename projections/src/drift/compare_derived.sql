-- The rows of a derived table that are not as they should be. The empty half gives the columns their names.
WITH expected AS (
    SELECT {key} AS key, to_jsonb(given) AS content
    FROM (SELECT * FROM {table} WHERE false UNION ALL ({select})) AS given
),
live AS (
    SELECT {key} AS key, to_jsonb(live_row) AS content FROM {table} AS live_row
)
SELECT
    coalesce(expected.key, live.key) AS key,
    expected.content AS expected,
    live.content AS live,
    count(*) OVER () AS "all"
FROM expected
FULL JOIN live ON live.key = expected.key
WHERE expected.content IS DISTINCT FROM live.content
ORDER BY 1
LIMIT $1
