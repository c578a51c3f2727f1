-- The same as before, and one more column: `epoch`, read under the lock, so that what is answered to a writer names the
-- history that its events stand in. A process of the version before asks for its columns by name and is served as well.
DROP FUNCTION append_events;
-- The one way into `events`. Takes a batch of commands with their events and vault rows, in order, and applies those that
-- hold, each whole or not at all; returns one row a command, in the same order:
--   outcome            applied; known: this principal's key was applied before; reused: it was, with another body;
--                      conflict: the stream does not stand where the command expects it
--   first_position, last_position, recorded_at, leaf_hash, event_id: of the command's events, the last three of the last
--   answer             of a known command: the first answer
--   current_sequence   of the command's stream, after this command
--   clock              now, never before the last event
--   epoch              of the ledger: every position up to the head is one of its positions
-- `event_counts` says how many of the events belong to each command; at least one. An expected leaf may be null where the
-- caller has none. `vault_commands` names the command of each vault row, from 1.
CREATE FUNCTION append_events(
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
    LANGUAGE plpgsql VOLATILE
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
    next_event integer := 1;
    wrote boolean := false;
    -- By command.
    outcomes text[] := array_fill(NULL::text, ARRAY[command_count]);
    firsts bigint[] := array_fill(NULL::bigint, ARRAY[command_count]);
    lasts bigint[] := array_fill(NULL::bigint, ARRAY[command_count]);
    sequences bigint[] := array_fill(NULL::bigint, ARRAY[command_count]);
    leaves bytea[] := array_fill(NULL::bytea, ARRAY[command_count]);
    first_answers text[] := array_fill(NULL::text, ARRAY[command_count]);
    -- The command of this batch that applied this command's key, if one did.
    applied_by integer[] := array_fill(NULL::integer, ARRAY[command_count]);
    -- By event; null where its command is not applied.
    event_positions bigint[] := array_fill(NULL::bigint, ARRAY[event_count]);
    event_sequences bigint[] := array_fill(NULL::bigint, ARRAY[event_count]);
    event_leaves bytea[] := array_fill(NULL::bytea, ARRAY[event_count]);
    event_commands integer[] := array_fill(NULL::integer, ARRAY[event_count]);
BEGIN
    -- First of all, so that every later statement sees what the holders before committed.
    SELECT h.epoch INTO STRICT epoch FROM ledger_head h FOR UPDATE;
    leaf_start := convert_to(E'gradeledger-leaf v1\nepoch ' || epoch || E'\nposition ', 'UTF8');
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
    leaf_start := '\x00'::bytea || leaf_start;
    leaf_middle := convert_to(E'\nrecorded_at ' || now_text || E'\ncontent ', 'UTF8');

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
