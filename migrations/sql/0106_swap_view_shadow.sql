-- pg_temp last: see append_events_as_owner.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);
-- Puts the table that a rebuild has filled in the place of the view's, in the caller's transaction, which holds that alone.
CREATE FUNCTION swap_view_shadow(live text) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path FROM CURRENT
AS $$
DECLARE
    shadow CONSTANT text := view_table(live) || '_shadow';
    indexes CONSTANT text[] := ARRAY(
        SELECT c.relname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid WHERE i.indrelid = live::regclass);
    name text;
BEGIN
    EXECUTE format('DROP TABLE %I', live);
    EXECUTE format('ALTER TABLE %I RENAME TO %I', shadow, live);
    FOREACH name IN ARRAY indexes LOOP
        EXECUTE format('ALTER INDEX %I RENAME TO %I', name || '_shadow', name);
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION swap_view_shadow FROM PUBLIC;
