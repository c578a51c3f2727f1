-- The name beside a student's token is theirs, and so is why they were blocked; the pseudonym stays for the events that hold it.
-- A name that is on other tokens too is somebody else's business as well, and stays.
WITH revoked AS (
    UPDATE tokens SET revoked_at = coalesce(revoked_at, now()) WHERE subject_id = $1 RETURNING actor_id
), signed_in AS (
    DELETE FROM sign_ins WHERE subject_id = $1 RETURNING actor_id
), known_by AS (
    DELETE FROM subject_references WHERE subject_id = $1
), ended AS (
    SELECT actor_id FROM revoked UNION SELECT actor_id FROM signed_in
), theirs AS (
    SELECT actor_id FROM ended e
    WHERE NOT EXISTS (SELECT FROM tokens t WHERE t.actor_id = e.actor_id AND t.subject_id IS DISTINCT FROM $1)
), blocked AS (
    UPDATE blocked_actors b SET reason = '[erased]' FROM theirs WHERE b.actor_id = theirs.actor_id
)
UPDATE actors a SET name = NULL FROM theirs WHERE a.actor_id = theirs.actor_id
