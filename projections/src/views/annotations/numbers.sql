-- The number given last on each copy: removed annotations keep their rows, so this never falls.
SELECT copy_id, (SELECT max(number) FROM annotations_v1 AS a WHERE a.copy_id = copies.copy_id) AS given
FROM unnest($1::uuid[]) AS copies (copy_id)
