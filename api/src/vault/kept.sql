-- Data keys, each with what tells the master key that wraps it, and whether that is the next one.
SELECT k.key_id, k.owner_id, k.owner_kind, k.purpose, k.wrapped,
       CASE k.generation WHEN m.generation THEN m.check_value WHEN m.generation + 1 THEN m.next_check_value END,
       k.generation > m.generation
FROM data_keys AS k CROSS JOIN master_key AS m
WHERE k.key_id > $1
ORDER BY k.key_id
LIMIT $2
