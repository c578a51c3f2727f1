-- pg_temp last: see refuse_retired_master_key.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);
-- Deletes up to `most` rows of the log of accesses that are older than `keep`, the oldest first, and answers how many there were.
-- The keys of months whose every row is gone are destroyed with them; a month is over 32 days after its key was made, and nobody
-- seals under that key any more. The service's role deletes rows in this way alone, and none that is younger than 30 days: who
-- has taken a service over does not wipe out what that left.
CREATE FUNCTION prune_access_log(keep interval, most integer) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path FROM CURRENT
AS $$
DECLARE
    pruned bigint;
BEGIN
    IF keep IS NULL OR most IS NULL OR keep < interval '30 days' THEN
        RAISE EXCEPTION 'the log of accesses is kept for 30 days at least' USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM access_log AS l
    WHERE l.id IN (
        SELECT o.id FROM access_log AS o
        WHERE o.at < clock_timestamp() - keep
        ORDER BY o.at LIMIT most FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS pruned = ROW_COUNT;
    DELETE FROM data_keys AS k
    WHERE k.owner_kind = 'access_log' AND k.created_at < clock_timestamp() - keep - interval '32 days'
      AND NOT EXISTS (SELECT FROM access_log AS l WHERE l.reason_key = k.key_id);
    RETURN pruned;
END
$$;
REVOKE ALL ON FUNCTION prune_access_log FROM PUBLIC;
