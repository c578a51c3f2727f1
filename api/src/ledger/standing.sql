SELECT epoch, coalesce((SELECT max(position) FROM events), 0) FROM ledger_head
