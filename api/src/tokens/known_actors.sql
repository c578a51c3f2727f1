SELECT a.actor_id, a.name, EXISTS (SELECT FROM sign_ins s WHERE s.actor_id = a.actor_id) AS signs_in, b.blocked_at, b.reason
FROM actors a LEFT JOIN blocked_actors b USING (actor_id)
ORDER BY a.actor_id LIMIT $1
