-- pg_temp last: see append_events_as_owner.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);
-- As before, and autovacuum comes to the new table as it did to the old one: make_view_shadow had kept it away.
CREATE OR REPLACE FUNCTION swap_view_shadow(live text) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path FROM CURRENT
AS $$
DECLARE
    shadow CONSTANT text := view_table(live) || '_shadow';
    indexes CONSTANT text[] := ARRAY(
        SELECT c.relname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid WHERE i.indrelid = live::regclass);
    autovacuum CONSTANT text := (
        SELECT option FROM pg_class AS c, unnest(c.reloptions) AS option
        WHERE c.oid = live::regclass AND option LIKE 'autovacuum_enabled=%');
    name text;
BEGIN
    EXECUTE format('DROP TABLE %I', live);
    IF autovacuum IS NULL THEN
        EXECUTE format('ALTER TABLE %I RESET (autovacuum_enabled)', shadow);
    ELSE
        EXECUTE format('ALTER TABLE %I SET (%s)', shadow, autovacuum);
    END IF;
    EXECUTE format('ALTER TABLE %I RENAME TO %I', shadow, live);
    FOREACH name IN ARRAY indexes LOOP
        EXECUTE format('ALTER INDEX %I RENAME TO %I', name || '_shadow', name);
    END LOOP;
END
$$;
