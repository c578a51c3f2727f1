SELECT asked.id
FROM unnest($1::uuid[]) AS asked (id)
WHERE NOT EXISTS (
    SELECT FROM events WHERE aggregate_type = ANY ($2) AND aggregate_id = asked.id::text AND sequence = 1
)
ORDER BY asked.id
