SELECT key_id, owner_id, owner_kind, purpose, wrapped
FROM data_keys
WHERE generation = $1 AND key_id > $2
ORDER BY key_id
LIMIT $3
FOR UPDATE
