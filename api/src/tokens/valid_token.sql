SELECT token_hash, actor_id, role, scopes, subject_id FROM tokens t
WHERE token_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
  AND NOT EXISTS (SELECT FROM blocked_actors b WHERE b.actor_id = t.actor_id)
