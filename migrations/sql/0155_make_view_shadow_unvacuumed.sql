-- pg_temp last: see append_events_as_owner.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);
-- As before, and autovacuum leaves the table alone while a rebuild fills it: it would hold indexes and the swap up, and find nothing
-- to clear away. swap_view_shadow gives the setting back.
CREATE OR REPLACE FUNCTION make_view_shadow(live text) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path FROM CURRENT
AS $$
DECLARE
    shadow CONSTANT text := view_table(live) || '_shadow';
    settings text;
    right_of_live text;
BEGIN
    EXECUTE format(
        'CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS INCLUDING STORAGE INCLUDING STATISTICS)',
        shadow, live);
    SELECT string_agg(option, ', ') INTO settings
    FROM pg_class AS c, unnest(c.reloptions) AS option
    WHERE c.oid = live::regclass AND option NOT LIKE 'autovacuum_enabled=%';
    EXECUTE format('ALTER TABLE %I SET (%s)', shadow, concat_ws(', ', settings, 'autovacuum_enabled=false'));
    -- Its owner makes both, and has all rights.
    FOR right_of_live IN
        SELECT format('GRANT %s ON %I TO %s%s',
            granted.privilege_type, shadow,
            CASE WHEN granted.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(granted.grantee)) END,
            CASE WHEN granted.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
        FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS granted
        WHERE c.oid = live::regclass AND granted.grantee <> c.relowner
    LOOP
        EXECUTE right_of_live;
    END LOOP;
END
$$;
