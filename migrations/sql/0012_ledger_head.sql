-- The one row that appends lock. No append changes it, so that it never leaves dead versions behind, however long
-- another session's snapshot lives. It holds the epoch alone; the head itself is the last key of `events`.
CREATE TABLE ledger_head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    epoch uuid NOT NULL REFERENCES ledger_epochs (epoch)
);

INSERT INTO ledger_head (epoch) SELECT epoch FROM ledger_epochs;
