-- What workers have to do: at most one item a copy. Who has claimed an item is no fact of the stream and stands elsewhere.
CREATE TABLE work_queue_v1 (
    copy_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('IMPORT', 'FINALISE', 'RETRY_FINALISATION')),
    attempt integer NOT NULL,
    failed_attempts integer NOT NULL,
    last_failed_at timestamptz,
    request_id text NOT NULL,
    causation_id uuid NOT NULL,
    enqueued_at timestamptz NOT NULL,
    position bigint NOT NULL
) WITH (fillfactor = 50);

CREATE INDEX work_queue_v1_order ON work_queue_v1 (kind, position);
