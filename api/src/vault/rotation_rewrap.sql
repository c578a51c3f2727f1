UPDATE data_keys AS k SET wrapped = anew.wrapped, generation = $3 + 1
FROM unnest($1::uuid[], $2::bytea[]) AS anew (key_id, wrapped)
WHERE k.key_id = anew.key_id AND k.generation = $3
