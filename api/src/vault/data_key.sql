-- A data key, with what tells the master key that it is wrapped by: of one snapshot, so that a rotation between two questions
-- cannot part them. `$1` is its id, or it is the one of an owner and purpose.
SELECT k.key_id, k.wrapped,
       CASE k.generation WHEN m.generation THEN m.check_value WHEN m.generation + 1 THEN m.next_check_value END,
       k.owner_id, k.owner_kind, k.purpose
FROM data_keys AS k CROSS JOIN master_key AS m
WHERE k.key_id = $1 OR (k.owner_id = $2 AND k.owner_kind = $3 AND k.purpose = $4)
