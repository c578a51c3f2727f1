-- Who read what, and who was refused: what no event tells. It stands in the key store, so that no dump of the ledger holds it.
-- Pseudonyms, words of closed sets and ids of requests; never a path, an address or a name. A row about many at once (refusals
-- that were only counted, rows that were pruned) has no act, and says how many. A reason is sealed under the key of its month;
-- one that was erased has left its key's id behind.
CREATE TABLE access_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor_id uuid,
    role text CHECK (role IN ('admin', 'grader', 'clerk', 'auditor', 'student', 'service', 'system')),
    act text,
    method text,
    route text,
    copy_id uuid,
    exam_id uuid,
    subject_id uuid,
    outcome text NOT NULL CHECK (outcome IN ('shown', 'refused', 'failed', 'left_out', 'pruned')),
    status smallint,
    code text,
    request_id text,
    times bigint NOT NULL DEFAULT 1 CHECK (times > 0),
    reason_key uuid,
    reason bytea CHECK (reason IS NULL OR reason_key IS NOT NULL),
    CHECK ((act IS NULL) = (outcome IN ('left_out', 'pruned')))
);

CREATE INDEX access_log_at ON access_log (at);
CREATE INDEX access_log_copy ON access_log (copy_id, id) WHERE copy_id IS NOT NULL;
CREATE INDEX access_log_subject ON access_log (subject_id, id) WHERE subject_id IS NOT NULL;
CREATE INDEX access_log_actor ON access_log (actor_id, id) WHERE actor_id IS NOT NULL;
CREATE INDEX access_log_reason ON access_log (reason_key) WHERE reason_key IS NOT NULL;
