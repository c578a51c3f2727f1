SELECT min(coalesce(later.same_up_to, later.from_position - 1))
FROM ledger_epochs ended
JOIN ledger_epochs later ON (later.from_position, later.began_at) > (ended.from_position, ended.began_at)
WHERE ended.epoch = $1
