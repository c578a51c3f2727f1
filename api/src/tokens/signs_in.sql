-- What lets a subject in, without what would let anybody in: neither secrets nor HMACs.
SELECT json_build_object(
    'tokens', coalesce((
        SELECT json_agg(json_build_object(
            'token_id', t.token_id, 'actor_id', t.actor_id, 'created_at', t.created_at, 'expires_at', t.expires_at,
            'revoked_at', t.revoked_at) ORDER BY t.created_at)
        FROM tokens t WHERE t.subject_id = $1), '[]'),
    'sign_ins', coalesce((
        SELECT json_agg(json_build_object('actor_id', s.actor_id, 'created_at', s.created_at) ORDER BY s.created_at)
        FROM sign_ins s WHERE s.subject_id = $1), '[]'),
    'references', (SELECT count(*) FROM subject_references r WHERE r.subject_id = $1)
)
