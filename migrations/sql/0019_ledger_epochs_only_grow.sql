-- An epoch that changed would change what every leaf since says.
CREATE TRIGGER ledger_epochs_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_epochs
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE ledger_epochs ENABLE ALWAYS TRIGGER ledger_epochs_only_grow;
