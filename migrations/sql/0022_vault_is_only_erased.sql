-- Erasure deletes row by row; a sealed text never changes.
CREATE TRIGGER vault_is_only_erased BEFORE UPDATE OR TRUNCATE ON vault
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE vault ENABLE ALWAYS TRIGGER vault_is_only_erased;
