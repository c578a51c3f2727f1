-- Each key of the service, with what tells the master key that it is wrapped by.
SELECT k.name, k.wrapped,
       CASE k.generation WHEN m.generation THEN m.check_value WHEN m.generation + 1 THEN m.next_check_value END
FROM service_keys AS k CROSS JOIN master_key AS m
