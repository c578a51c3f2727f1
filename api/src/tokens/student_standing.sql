-- The actor is one that has no tokens but this subject's: a name that is on others too is somebody who works here.
SELECT EXISTS (SELECT FROM erased_owners e WHERE e.owner_kind = 'subject' AND e.owner_id = $1) AS is_erased,
       (SELECT count(*) FROM tokens t
        WHERE t.subject_id = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now())) AS living,
       (SELECT t.actor_id FROM tokens t
        WHERE t.subject_id = $1
          AND NOT EXISTS (SELECT FROM tokens o WHERE o.actor_id = t.actor_id AND o.subject_id IS DISTINCT FROM $1)
        ORDER BY t.created_at LIMIT 1) AS actor_id
