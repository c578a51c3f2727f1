-- pg_temp last: see append_events_as_owner.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);
-- The table of a view, by the name that it has by rule: what the view is called, and the version of its fold. Anything else is
-- refused, so that what rebuilds views with the owner's rights reaches no other table.
CREATE FUNCTION view_table(live text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path FROM CURRENT
AS $$
BEGIN
    IF live IS NULL OR live !~ '^[a-z][a-z0-9_]*_v[0-9]+$' OR NOT EXISTS (
        SELECT FROM pg_class AS c
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = live AND c.relkind = 'r'
    ) THEN
        RAISE EXCEPTION '% is no table of a view', live USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN live;
END
$$;
REVOKE ALL ON FUNCTION view_table FROM PUBLIC;
