-- One look by the key for each: joined, a plan that was made while the table was empty would read all of it.
SELECT standing.* FROM unnest($1::uuid[], $2::uuid[]) AS asked (copy_id, annotation_id)
CROSS JOIN LATERAL (
    SELECT * FROM annotations_v1 AS a
    WHERE a.copy_id = asked.copy_id AND a.annotation_id = asked.annotation_id
    LIMIT 1
) AS standing
