-- pg_temp last: Postgres would look for tables among the caller's temporary ones first, and this runs with its owner's rights.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);
-- A key that is wrapped by a master key which is being left, or was, is not taken in: a process that knows only that one may go
-- on with what there is and make nothing new, so that a rotation comes to its end. The row of master_key is locked, so that no
-- rotation begins or ends between this look and the end of the transaction.
CREATE FUNCTION refuse_retired_master_key() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path FROM CURRENT
AS $$
DECLARE
    taken integer;
BEGIN
    SELECT m.generation + CASE WHEN m.next_check_value IS NULL THEN 0 ELSE 1 END INTO taken FROM master_key AS m FOR SHARE;
    IF NEW.generation IS DISTINCT FROM taken THEN
        RAISE EXCEPTION 'a new key is wrapped by master key %, not by master key %', taken, NEW.generation
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'The master key was changed: restart this process with the new one.';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION refuse_retired_master_key FROM PUBLIC;
