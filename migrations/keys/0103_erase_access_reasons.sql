-- pg_temp last: see refuse_retired_master_key.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);
-- Erases the reasons that were given for reading what is kept of an erased owner, and answers how many there were: that
-- somebody read stays, by pseudonyms. Of an owner that was not erased, no reason can be taken away.
CREATE FUNCTION erase_access_reasons(owner_kind text, owner_id uuid) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path FROM CURRENT
AS $$
DECLARE
    erased bigint;
BEGIN
    UPDATE access_log AS l SET reason = NULL
    WHERE l.reason IS NOT NULL
      AND CASE $1 WHEN 'copy' THEN l.copy_id = $2 WHEN 'subject' THEN l.subject_id = $2 ELSE false END
      AND EXISTS (SELECT FROM erased_owners AS e WHERE e.owner_kind = $1 AND e.owner_id = $2);
    GET DIAGNOSTICS erased = ROW_COUNT;
    RETURN erased;
END
$$;
REVOKE ALL ON FUNCTION erase_access_reasons FROM PUBLIC;
