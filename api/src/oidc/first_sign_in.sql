-- Of requests that come at the same time the first one's stays; nobody whose data is erased comes back.
INSERT INTO sign_ins (sign_in_hmac, actor_id, subject_id)
SELECT $1, $2, $3
WHERE NOT EXISTS (SELECT FROM erased_owners e WHERE e.owner_kind = 'subject' AND e.owner_id = $3)
ON CONFLICT (sign_in_hmac) DO NOTHING
