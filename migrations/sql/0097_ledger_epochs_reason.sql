-- Why an operator began the epoch: the commitment of a text in the vault. Null in a ledger's first epoch.
ALTER TABLE ledger_epochs
    ADD COLUMN reason bytea CHECK (octet_length(reason) = 32);
