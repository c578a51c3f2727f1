-- pg_temp last: see append_events_as_owner.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);
-- Makes the indexes of a full table as the view's has them, and has Postgres learn what is in it.
CREATE FUNCTION index_view_shadow(live text) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path FROM CURRENT
AS $$
DECLARE
    shadow CONSTANT text := view_table(live) || '_shadow';
    of_live record;
BEGIN
    FOR of_live IN
        SELECT c.relname || '_shadow' AS name, i.indisprimary AS is_primary,
               CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END AS uniqueness,
               split_part(pg_get_indexdef(i.indexrelid), ' USING ', 2) AS columns
        FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
        WHERE i.indrelid = live::regclass
        ORDER BY i.indisprimary DESC, c.relname
    LOOP
        EXECUTE format('CREATE %sINDEX %I ON %I USING %s', of_live.uniqueness, of_live.name, shadow, of_live.columns);
        IF of_live.is_primary THEN
            EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I PRIMARY KEY USING INDEX %I', shadow, of_live.name, of_live.name);
        END IF;
    END LOOP;
    EXECUTE format('ANALYZE %I', shadow);
END
$$;
REVOKE ALL ON FUNCTION index_view_shadow FROM PUBLIC;
