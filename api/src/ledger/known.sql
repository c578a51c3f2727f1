SELECT c.body_hmac, c.first_position, c.last_position, e.recorded_at, c.answer::text, h.epoch
FROM commands c
JOIN events e ON e.position = c.last_position
CROSS JOIN ledger_head h
WHERE c.principal = $1 AND c.key = $2
