-- The rows of some streams that are not as they should be. A column of a view may be called anything but `given` and
-- `live_row`, which stand for whole rows here. {table}, {stream} and {key} are names and columns of this build.
WITH expected AS (
    SELECT {stream} AS stream, {key} AS key, to_jsonb(given) AS content
    FROM json_populate_recordset(NULL::{table}, $1::json) AS given
),
live AS (
    SELECT {stream} AS stream, {key} AS key, to_jsonb(live_row) AS content
    FROM {table} AS live_row
    WHERE {stream} = ANY ($2)
),
differing AS (
    SELECT
        coalesce(expected.stream, live.stream) AS stream,
        coalesce(expected.key, live.key) AS key,
        expected.content AS expected,
        live.content AS live
    FROM expected
    FULL JOIN live ON live.stream = expected.stream AND live.key = expected.key
    WHERE expected.content IS DISTINCT FROM live.content
),
numbered AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY stream ORDER BY key) AS nth,
        count(*) OVER (PARTITION BY stream) AS "all"
    FROM differing
)
SELECT stream, key, expected, live, nth, "all" FROM numbered WHERE nth <= $3 ORDER BY stream, nth
