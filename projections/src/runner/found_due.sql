-- Whether a view was never folded while the ledger has at least $3 events.
SELECT
    NOT EXISTS (SELECT FROM projections WHERE name = $1 AND version = $2 AND position > 0)
    AND EXISTS (SELECT FROM events WHERE position >= $3)
