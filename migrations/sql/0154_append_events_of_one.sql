-- What append_events does, for one command that brings one event and no text, which is what comes while nobody else is in the queue:
-- scalars instead of arrays of one, a row instead of a set of rows, and no more statements and expressions than it takes, since
-- each is set up anew by each call. Where the command does not hold or was applied before, append_events answers.
--
-- It runs as its owner, and its search_path ends with pg_temp, which Postgres would search first for tables otherwise.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);
CREATE FUNCTION append_events_of_one(
    new_principal uuid, new_key uuid, new_body_hmac bytea, new_answer text,
    stream_type text, stream_id text, expected_sequence bigint, expected_leaf bytea,
    new_event_id uuid, new_event_type text, new_event_version text, new_payload text, new_metadata text,
    new_content_hash bytea,
    OUT outcome text, OUT first_position bigint, OUT last_position bigint, OUT recorded_at timestamptz,
    OUT leaf_hash bytea, OUT event_id uuid, OUT answer text, OUT current_sequence bigint, OUT epoch uuid
)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
    head bigint;
    head_recorded_at timestamptz;
    stream_sequence bigint;
    stream_leaf bytea;
BEGIN
    -- First of all, so that every later statement sees what the holders before committed.
    SELECT h.epoch INTO STRICT epoch FROM ledger_head h FOR UPDATE;
    SELECT e.position, e.recorded_at INTO head, head_recorded_at FROM events e ORDER BY e.position DESC LIMIT 1;
    SELECT e.sequence, e.leaf_hash INTO stream_sequence, stream_leaf FROM events e
    WHERE e.aggregate_type = stream_type AND e.aggregate_id = stream_id
    ORDER BY e.sequence DESC LIMIT 1;
    -- Under one snapshot for the whole transaction, statements would not see what others committed: append_events refuses it.
    IF coalesce(stream_sequence, 0) = expected_sequence AND coalesce(stream_leaf = expected_leaf, true)
            AND current_setting('transaction_isolation') = 'read committed' THEN
        INSERT INTO commands (principal, key, first_position, last_position, body_hmac, answer)
        VALUES (new_principal, new_key, coalesce(head, 0) + 1, coalesce(head, 0) + 1, new_body_hmac, new_answer::json)
        ON CONFLICT DO NOTHING;
        IF FOUND THEN
            -- RFC 6962, section 2.1: a leaf is hashed behind one zero byte.
            INSERT INTO events (position, sequence, recorded_at, event_id, aggregate_type, aggregate_id, event_type,
                                event_version, content_hash, leaf_hash, payload, metadata)
            SELECT next.position, expected_sequence + 1, next.recorded_at, new_event_id, stream_type, stream_id,
                   new_event_type, new_event_version, new_content_hash,
                   sha256('\x00'::bytea || convert_to(E'gradeledger-leaf v1\nepoch ' || epoch
                       || E'\nposition ' || next.position
                       || E'\nrecorded_at ' || to_char(next.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                       || E'\ncontent ' || encode(new_content_hash, 'hex')
                       || E'\nprevious ' || coalesce(encode(stream_leaf, 'hex'), repeat('0', 64)) || E'\n', 'UTF8')),
                   new_payload::json, new_metadata::json
            FROM (
                SELECT coalesce(head, 0) + 1 AS position, greatest(clock_timestamp(), head_recorded_at) AS recorded_at
            ) next
            RETURNING 'applied', position, position, recorded_at, leaf_hash, sequence
            INTO outcome, first_position, last_position, recorded_at, leaf_hash, current_sequence;
            RETURN;
        END IF;
    END IF;

    SELECT a.outcome, a.first_position, a.last_position, a.recorded_at, a.leaf_hash, a.event_id, a.answer,
           a.current_sequence, a.epoch
    INTO STRICT outcome, first_position, last_position, recorded_at, leaf_hash, event_id, answer, current_sequence, epoch
    FROM append_events(
        ARRAY[new_principal], ARRAY[new_key], ARRAY[new_body_hmac], ARRAY[new_answer],
        ARRAY[stream_type], ARRAY[stream_id], ARRAY[expected_sequence], ARRAY[expected_leaf], '{1}',
        ARRAY[new_event_id], ARRAY[new_event_type], ARRAY[new_event_version], ARRAY[new_payload], ARRAY[new_metadata],
        ARRAY[new_content_hash], '{}', '{}', '{}', '{}', '{}', '{}', '{}'
    ) a;
END
$$;
REVOKE ALL ON FUNCTION append_events_of_one FROM PUBLIC;
-- Whoever was let call append_events is let call this, without being asked to see to it before the next append.
DO $grant$
DECLARE
    caller text;
BEGIN
    FOR caller IN
        SELECT CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE acl.grantee::regrole::text END
        FROM pg_proc p, aclexplode(p.proacl) acl
        WHERE p.pronamespace = current_schema()::regnamespace AND p.proname = 'append_events'
            AND acl.privilege_type = 'EXECUTE' AND acl.grantee <> p.proowner
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION append_events_of_one TO %s', caller);
    END LOOP;
END
$grant$;
