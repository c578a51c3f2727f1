-- The name beside a student's token is theirs; the pseudonym stays for the events that hold it. A name that is on other tokens
-- too is somebody else's business as well, and stays.
WITH ended AS (
    UPDATE tokens SET revoked_at = coalesce(revoked_at, now()) WHERE subject_id = $1 RETURNING actor_id
)
UPDATE actors a SET name = NULL
FROM ended
WHERE a.actor_id = ended.actor_id
  AND NOT EXISTS (SELECT FROM tokens t WHERE t.actor_id = a.actor_id AND t.subject_id IS DISTINCT FROM $1)
