-- A command that was forgotten would be applied a second time.
CREATE TRIGGER commands_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON commands
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE commands ENABLE ALWAYS TRIGGER commands_only_grow;
