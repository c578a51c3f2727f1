-- pg_temp last: see append_events_as_owner.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);
-- Deletes the sealed texts of one owner, as erasure does, and answers how many there were. The service's role may delete them
-- in this way alone: all of an owner's, and nothing by a condition of its own.
CREATE FUNCTION erase_vault_rows(owner_kind text, owner_id uuid) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path FROM CURRENT
AS $$
DECLARE
    erased bigint;
BEGIN
    DELETE FROM vault AS v WHERE v.owner_kind = $1 AND v.owner_id = $2;
    GET DIAGNOSTICS erased = ROW_COUNT;
    RETURN erased;
END
$$;
REVOKE ALL ON FUNCTION erase_vault_rows FROM PUBLIC;
