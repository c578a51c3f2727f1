SELECT token_hash, actor_id, role, scopes, subject_id FROM tokens t
WHERE token_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
  AND NOT EXISTS (SELECT FROM erased_owners e WHERE e.owner_kind = 'subject' AND e.owner_id = t.subject_id)
  AND NOT EXISTS (
      SELECT FROM blocked_actors b
      WHERE b.actor_id = t.actor_id
         -- A student is one person by whatever they come: by a token of the office, or by the issuer.
         OR b.actor_id IN (SELECT o.actor_id FROM tokens o WHERE o.subject_id = t.subject_id)
         OR b.actor_id IN (SELECT s.actor_id FROM sign_ins s WHERE s.subject_id = t.subject_id)
  )
