-- Whom a token names: the subject by its id ($2) or reference ($3), where it is a student's, and the pseudonym that stands for
-- the name at the issuer ($1).
SELECT n.subject_id AS named,
       EXISTS (SELECT FROM erased_owners e WHERE e.owner_kind = 'subject' AND e.owner_id = n.subject_id) AS is_erased,
       s.actor_id, s.subject_id,
       EXISTS (
           SELECT FROM blocked_actors b
           WHERE b.actor_id = s.actor_id
              -- A student is one person by whatever they come: by a token of the office, or by the issuer.
              OR b.actor_id IN (SELECT t.actor_id FROM tokens t WHERE t.subject_id = n.subject_id)
              OR b.actor_id IN (SELECT o.actor_id FROM sign_ins o WHERE o.subject_id = n.subject_id)
       ) AS is_blocked
FROM (SELECT coalesce($2::uuid, (SELECT r.subject_id FROM subject_references r WHERE r.reference_hmac = $3)) AS subject_id) n
LEFT JOIN sign_ins s ON s.sign_in_hmac = $1
