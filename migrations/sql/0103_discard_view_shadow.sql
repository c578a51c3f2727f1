-- pg_temp last: see append_events_as_owner.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);
-- Throws away the table that a rebuild has filled beside a view's.
CREATE FUNCTION discard_view_shadow(live text) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path FROM CURRENT
AS $$
BEGIN
    EXECUTE format('DROP TABLE IF EXISTS %I', view_table(live) || '_shadow');
END
$$;
REVOKE ALL ON FUNCTION discard_view_shadow FROM PUBLIC;
