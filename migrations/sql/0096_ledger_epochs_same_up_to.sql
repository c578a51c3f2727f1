-- The last position that names the same event as in the epoch before: where the restored dump ended, which is before
-- `from_position - 1` where something was appended between the restore and the new epoch. Null in a ledger's first epoch.
ALTER TABLE ledger_epochs
    ADD COLUMN same_up_to bigint CHECK (same_up_to >= 0 AND same_up_to < from_position);
