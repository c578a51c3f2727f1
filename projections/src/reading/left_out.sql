-- What the views named by $1 and $2 leave out, and what is parked for them: at most $3 streams a view, those that are parked no
-- more first, then the oldest act first.
WITH gap AS (
    SELECT g.name, g.stream_type, g.stream_id, g.from_position
    FROM projection_gaps AS g
    JOIN unnest($1::text[], $2::integer[]) AS v (name, version) USING (name, version)
),
listed AS (
    SELECT
        coalesce(gap.name, parked.view) AS name,
        coalesce(gap.stream_type, parked.stream_type) AS stream_type,
        coalesce(gap.stream_id, parked.stream_id) AS stream_id,
        gap.from_position AS left_out_from,
        parked.view,
        parked.from_position,
        parked.reason,
        parked.actor_id,
        parked.actor_role,
        parked.position,
        parked.parked_at
    FROM gap
    FULL JOIN parked_v1 AS parked
        ON parked.view = gap.name AND parked.stream_type = gap.stream_type AND parked.stream_id = gap.stream_id
),
numbered AS (
    SELECT *, row_number() OVER (PARTITION BY name ORDER BY position NULLS FIRST, stream_id) AS nth FROM listed
)
SELECT * FROM numbered WHERE nth <= $3 ORDER BY name, nth
