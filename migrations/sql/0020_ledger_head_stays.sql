-- Without its row an append would lock nothing. A new epoch updates it.
CREATE TRIGGER ledger_head_stays BEFORE DELETE OR TRUNCATE ON ledger_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE ledger_head ENABLE ALWAYS TRIGGER ledger_head_stays;
