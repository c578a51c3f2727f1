SELECT min(later.from_position) - 1
FROM ledger_epochs ended
JOIN ledger_epochs later ON later.from_position > ended.from_position
WHERE ended.epoch = $1
