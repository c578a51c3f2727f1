-- The same as before, and faster where each command brings one event and none could meet another of the batch, which is nearly
-- always: a batch is placed, hashed and written by one statement, and a single command by three short ones. Replaced, not
-- dropped, so that whoever may call it still may; processes of the version before call it as they did.
--
-- It runs as its owner, and its search_path ends with pg_temp, which Postgres would search first for tables otherwise.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);
CREATE OR REPLACE FUNCTION append_events(
    principals uuid[], keys uuid[], body_hmacs bytea[], answers text[],
    aggregate_types text[], aggregate_ids text[], expected_sequences bigint[], expected_leaves bytea[],
    event_counts integer[],
    event_ids uuid[], event_types text[], event_versions text[], payloads text[], metadatas text[],
    content_hashes bytea[],
    vault_commands integer[], vault_commitments bytea[], vault_key_ids uuid[], vault_owner_ids uuid[],
    vault_owner_kinds text[], vault_purposes text[], vault_sealed bytea[]
) RETURNS TABLE (
    outcome text, first_position bigint, last_position bigint, recorded_at timestamptz, leaf_hash bytea, event_id uuid,
    answer text, current_sequence bigint, clock timestamptz, epoch uuid
)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
    command_count CONSTANT integer := cardinality(keys);
    event_count CONSTANT integer := cardinality(event_ids);
    head bigint;
    head_recorded_at timestamptz;
    now_text text;
    leaf_start bytea;
    leaf_middle bytea;
    -- The command at hand.
    nth integer;
    earlier_of_stream integer;
    earlier_of_key integer;
    stream_sequence bigint;
    stream_leaf bytea;
    known_first bigint;
    known_last bigint;
    known_hmac bytea;
    known_answer text;
    -- Whether each command brings one event, and none could meet another one's stream or key.
    apart boolean;
    next_event integer := 1;
    wrote boolean := false;
    -- By command.
    outcomes text[];
    firsts bigint[];
    lasts bigint[];
    sequences bigint[];
    leaves bytea[];
    first_answers text[];
    -- The command of this batch that applied this command's key, if one did.
    applied_by integer[];
    -- By event; null where its command is not applied.
    event_positions bigint[];
    event_sequences bigint[];
    event_leaves bytea[];
    event_commands integer[];
BEGIN
    -- First of all, so that every later statement sees what the holders before committed.
    SELECT h.epoch INTO STRICT epoch FROM ledger_head h FOR UPDATE;
    -- Under one snapshot for the whole transaction, statements would not see them.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'append_events runs under READ COMMITTED, not %', current_setting('transaction_isolation')
            USING ERRCODE = 'invalid_transaction_state';
    END IF;

    SELECT e.position, e.recorded_at INTO head, head_recorded_at FROM events e ORDER BY e.position DESC LIMIT 1;
    head := coalesce(head, 0);
    clock := greatest(clock_timestamp(), head_recorded_at);
    now_text := to_char(clock AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    -- RFC 6962, section 2.1: a leaf is hashed behind one zero byte.
    leaf_start := '\x00'::bytea || convert_to(E'gradeledger-leaf v1\nepoch ' || epoch || E'\nposition ', 'UTF8');
    leaf_middle := convert_to(E'\nrecorded_at ' || now_text || E'\ncontent ', 'UTF8');

    -- One event, as a grader's act brings it while nobody else is in the queue. What does not hold, or was applied before,
    -- goes the long way below: nothing is written until both are known.
    IF command_count = 1 AND event_count = 1 THEN
        SELECT e.sequence, e.leaf_hash INTO stream_sequence, stream_leaf FROM events e
        WHERE e.aggregate_type = aggregate_types[1] AND e.aggregate_id = aggregate_ids[1]
        ORDER BY e.sequence DESC LIMIT 1;
        IF coalesce(stream_sequence, 0) = expected_sequences[1] AND coalesce(stream_leaf = expected_leaves[1], true) THEN
            first_position := head + 1;
            INSERT INTO commands (principal, key, first_position, last_position, body_hmac, answer)
            VALUES (principals[1], keys[1], first_position, first_position, body_hmacs[1], answers[1]::json)
            ON CONFLICT DO NOTHING;
            IF FOUND THEN
                current_sequence := expected_sequences[1] + 1;
                leaf_hash := sha256(leaf_start || convert_to(first_position::text, 'UTF8') || leaf_middle
                    || convert_to(encode(content_hashes[1], 'hex') || E'\nprevious '
                        || coalesce(encode(stream_leaf, 'hex'), repeat('0', 64)) || E'\n', 'UTF8'));
                INSERT INTO events (position, sequence, recorded_at, event_id, aggregate_type, aggregate_id, event_type,
                                    event_version, content_hash, leaf_hash, payload, metadata)
                VALUES (first_position, current_sequence, clock, event_ids[1], aggregate_types[1], aggregate_ids[1],
                        event_types[1], event_versions[1], content_hashes[1], leaf_hash, payloads[1]::json,
                        metadatas[1]::json);
                IF cardinality(vault_commands) > 0 THEN
                    INSERT INTO vault (commitment, key_id, owner_id, owner_kind, purpose, sealed)
                    SELECT * FROM unnest(vault_commitments, vault_key_ids, vault_owner_ids, vault_owner_kinds,
                                         vault_purposes, vault_sealed);
                END IF;
                outcome := 'applied';
                last_position := first_position;
                recorded_at := clock;
                clock := greatest(clock_timestamp(), clock);
                RETURN NEXT;
                RETURN;
            END IF;
        END IF;
    END IF;

    -- One event each, and no two commands that could meet: placed, hashed and written as a set. By generate_series and
    -- subscripts, since each argument of unnest is a scan with a store of its own.
    -- Each look-up with a limit, which makes it one look into the index for each command: a plan that was made for empty tables
    -- would join with all of them later on.
    apart := event_count = command_count AND 1 = ALL (event_counts);
    IF apart THEN
        SELECT count(DISTINCT aggregate_ids[n]) = command_count AND count(DISTINCT keys[n]) = command_count
        INTO apart FROM generate_series(1, command_count) n;
    END IF;
    IF apart THEN
        RETURN QUERY
        WITH asked AS (
            SELECT n, coalesce(last.sequence, 0) AS sequence, last.leaf_hash AS leaf,
                   known.first_position AS known_first, known.last_position AS known_last,
                   known.body_hmac AS known_hmac, known.answer AS known_answer,
                   known.last_position IS NULL AND coalesce(last.sequence, 0) = expected_sequences[n]
                       AND coalesce(last.leaf_hash = expected_leaves[n], true) AS holds
            FROM generate_series(1, command_count) n
            LEFT JOIN LATERAL (
                SELECT * FROM commands c WHERE c.key = keys[n] AND c.principal = principals[n] LIMIT 1
            ) known ON true
            LEFT JOIN LATERAL (
                SELECT e.sequence, e.leaf_hash FROM events e
                WHERE e.aggregate_type = aggregate_types[n] AND e.aggregate_id = aggregate_ids[n]
                ORDER BY e.sequence DESC LIMIT 1
            ) last ON true
        ), placed AS (
            SELECT asked.*,
                   head + count(*) FILTER (WHERE holds) OVER (ORDER BY n ROWS UNBOUNDED PRECEDING) AS position
            FROM asked
        ), hashed AS MATERIALIZED (
            SELECT placed.*,
                   sha256(leaf_start || convert_to(position::text, 'UTF8') || leaf_middle
                       || convert_to(encode(content_hashes[n], 'hex') || E'\nprevious '
                           || coalesce(encode(leaf, 'hex'), repeat('0', 64)) || E'\n', 'UTF8')) AS new_leaf
            FROM placed
        ), new_events AS (
            INSERT INTO events (position, sequence, recorded_at, event_id, aggregate_type, aggregate_id, event_type,
                                event_version, content_hash, leaf_hash, payload, metadata)
            SELECT position, sequence + 1, clock, event_ids[n], aggregate_types[n], aggregate_ids[n], event_types[n],
                   event_versions[n], content_hashes[n], new_leaf, payloads[n]::json, metadatas[n]::json
            FROM hashed WHERE holds
        ), new_vault AS (
            INSERT INTO vault (commitment, key_id, owner_id, owner_kind, purpose, sealed)
            SELECT vault_commitments[v], vault_key_ids[v], vault_owner_ids[v], vault_owner_kinds[v], vault_purposes[v],
                   vault_sealed[v]
            FROM generate_series(1, cardinality(vault_commands)) v
            JOIN hashed ON hashed.n = vault_commands[v]
            WHERE holds
        ), new_commands AS (
            INSERT INTO commands (principal, key, first_position, last_position, body_hmac, answer)
            SELECT principals[n], keys[n], position, position, body_hmacs[n], answers[n]::json
            FROM hashed WHERE holds
        )
        SELECT CASE WHEN holds THEN 'applied' WHEN known_last IS NULL THEN 'conflict'
                    WHEN known_hmac IS NOT DISTINCT FROM body_hmacs[n] THEN 'known' ELSE 'reused' END,
               CASE WHEN holds THEN h.position ELSE known_first END,
               CASE WHEN holds THEN h.position ELSE known_last END,
               CASE WHEN holds THEN clock ELSE last.recorded_at END,
               CASE WHEN holds THEN new_leaf ELSE last.leaf_hash END,
               last.event_id, known_answer::text, CASE WHEN holds THEN h.sequence + 1 ELSE h.sequence END,
               greatest(clock_timestamp(), clock), epoch
        FROM hashed h
        LEFT JOIN LATERAL (SELECT * FROM events e WHERE e.position = known_last LIMIT 1) last ON true
        ORDER BY n;
        RETURN;
    END IF;

    -- One command after the other.
    outcomes := array_fill(NULL::text, ARRAY[command_count]);
    firsts := array_fill(NULL::bigint, ARRAY[command_count]);
    lasts := array_fill(NULL::bigint, ARRAY[command_count]);
    sequences := array_fill(NULL::bigint, ARRAY[command_count]);
    leaves := array_fill(NULL::bytea, ARRAY[command_count]);
    first_answers := array_fill(NULL::text, ARRAY[command_count]);
    applied_by := array_fill(NULL::integer, ARRAY[command_count]);
    event_positions := array_fill(NULL::bigint, ARRAY[event_count]);
    event_sequences := array_fill(NULL::bigint, ARRAY[event_count]);
    event_leaves := array_fill(NULL::bytea, ARRAY[event_count]);
    event_commands := array_fill(NULL::integer, ARRAY[event_count]);
    FOR nth, earlier_of_stream, earlier_of_key, stream_sequence, stream_leaf,
        known_first, known_last, known_hmac, known_answer IN
        SELECT asked.nth,
               lag(asked.nth) OVER (PARTITION BY asked.aggregate_type, asked.aggregate_id ORDER BY asked.nth),
               lag(asked.nth) OVER (PARTITION BY asked.key, asked.principal ORDER BY asked.nth),
               last.sequence, last.leaf_hash,
               known.first_position, known.last_position, known.body_hmac, known.answer
        FROM unnest(principals, keys, aggregate_types, aggregate_ids)
             WITH ORDINALITY AS asked (principal, key, aggregate_type, aggregate_id, nth)
        LEFT JOIN commands known ON known.key = asked.key AND known.principal = asked.principal
        LEFT JOIN LATERAL (
            SELECT e.sequence, e.leaf_hash FROM events e
            WHERE e.aggregate_type = asked.aggregate_type AND e.aggregate_id = asked.aggregate_id
            ORDER BY e.sequence DESC LIMIT 1
        ) last ON true
        ORDER BY asked.nth
    LOOP
        IF earlier_of_stream IS NOT NULL THEN
            stream_sequence := sequences[earlier_of_stream];
            stream_leaf := leaves[earlier_of_stream];
        END IF;
        stream_sequence := coalesce(stream_sequence, 0);
        IF earlier_of_key IS NOT NULL THEN
            applied_by[nth] := applied_by[earlier_of_key];
        END IF;

        IF known_last IS NOT NULL THEN
            outcomes[nth] := CASE WHEN known_hmac IS NOT DISTINCT FROM body_hmacs[nth] THEN 'known' ELSE 'reused' END;
            firsts[nth] := known_first;
            lasts[nth] := known_last;
            first_answers[nth] := known_answer;
        ELSIF applied_by[nth] IS NOT NULL THEN
            outcomes[nth] := CASE WHEN body_hmacs[applied_by[nth]] IS NOT DISTINCT FROM body_hmacs[nth]
                                  THEN 'known' ELSE 'reused' END;
            firsts[nth] := firsts[applied_by[nth]];
            lasts[nth] := lasts[applied_by[nth]];
            first_answers[nth] := answers[applied_by[nth]];
        ELSIF stream_sequence <> expected_sequences[nth] OR stream_leaf <> expected_leaves[nth] THEN
            outcomes[nth] := 'conflict';
        ELSE
            wrote := true;
            outcomes[nth] := 'applied';
            applied_by[nth] := nth;
            firsts[nth] := head + 1;
            FOR e IN next_event .. next_event + event_counts[nth] - 1 LOOP
                head := head + 1;
                stream_sequence := stream_sequence + 1;
                stream_leaf := sha256(leaf_start || convert_to(head::text, 'UTF8') || leaf_middle
                    || convert_to(encode(content_hashes[e], 'hex') || E'\nprevious '
                        || coalesce(encode(stream_leaf, 'hex'), repeat('0', 64)) || E'\n', 'UTF8'));
                event_positions[e] := head;
                event_sequences[e] := stream_sequence;
                event_leaves[e] := stream_leaf;
                event_commands[e] := nth;
            END LOOP;
            lasts[nth] := head;
        END IF;
        sequences[nth] := stream_sequence;
        leaves[nth] := stream_leaf;
        next_event := next_event + event_counts[nth];
    END LOOP;

    IF wrote THEN
        INSERT INTO events (position, sequence, recorded_at, event_id, aggregate_type, aggregate_id, event_type,
                            event_version, content_hash, leaf_hash, payload, metadata)
        SELECT e.position, e.sequence, clock, e.event_id, aggregate_types[e.nth], aggregate_ids[e.nth], e.event_type,
               e.event_version, e.content_hash, e.leaf_hash, e.payload::json, e.metadata::json
        FROM unnest(event_positions, event_sequences, event_leaves, event_commands, event_ids, event_types,
                    event_versions, content_hashes, payloads, metadatas)
             AS e (position, sequence, leaf_hash, nth, event_id, event_type, event_version, content_hash, payload, metadata)
        WHERE e.position IS NOT NULL;

        IF cardinality(vault_commands) > 0 THEN
            INSERT INTO vault (commitment, key_id, owner_id, owner_kind, purpose, sealed)
            SELECT v.commitment, v.key_id, v.owner_id, v.owner_kind, v.purpose, v.sealed
            FROM unnest(vault_commands, vault_commitments, vault_key_ids, vault_owner_ids, vault_owner_kinds,
                        vault_purposes, vault_sealed)
                 AS v (nth, commitment, key_id, owner_id, owner_kind, purpose, sealed)
            WHERE outcomes[v.nth] = 'applied';
        END IF;

        INSERT INTO commands (principal, key, first_position, last_position, body_hmac, answer)
        SELECT c.principal, c.key, c.first_position, c.last_position, c.body_hmac, c.answer::json
        FROM unnest(outcomes, principals, keys, firsts, lasts, body_hmacs, answers)
             AS c (outcome, principal, key, first_position, last_position, body_hmac, answer)
        WHERE c.outcome = 'applied';
    END IF;

    RETURN QUERY
    SELECT c.outcome, c.first_position, c.last_position,
           CASE c.outcome WHEN 'applied' THEN clock ELSE last.recorded_at END,
           CASE c.outcome WHEN 'applied' THEN c.leaf_hash ELSE last.leaf_hash END,
           last.event_id, c.answer, c.sequence, greatest(clock_timestamp(), clock), epoch
    FROM unnest(outcomes, firsts, lasts, leaves, first_answers, sequences)
         WITH ORDINALITY AS c (outcome, first_position, last_position, leaf_hash, answer, sequence, nth)
    LEFT JOIN events last ON c.outcome IN ('known', 'reused') AND last.position = c.last_position
    ORDER BY c.nth;
END
$$;
