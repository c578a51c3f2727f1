-- The epoch that holds from the next position on. It begins after the one before, whatever the clock says.
INSERT INTO ledger_epochs (from_position, epoch, began_at, same_up_to, reason)
SELECT $1 + 1, gen_random_uuid(), greatest(clock_timestamp(), max(began_at) + interval '1 microsecond'), $2, $3
FROM ledger_epochs
RETURNING epoch
