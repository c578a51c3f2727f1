SELECT k.key_id, k.wrapped,
       CASE k.generation WHEN m.generation THEN m.check_value WHEN m.generation + 1 THEN m.next_check_value END,
       k.owner_id, k.owner_kind, k.purpose
FROM data_keys AS k CROSS JOIN master_key AS m
ORDER BY k.created_at DESC LIMIT 1
