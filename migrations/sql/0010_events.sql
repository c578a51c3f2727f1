-- Every event of the ledger, once, for ever. `position` is dense from 1 and is the order of commits, so a reader never
-- meets a gap. postgres-es reads the seven columns from aggregate_type to metadata by these names and types; json, not
-- jsonb, since the hashes are of the exact texts. Two indexes only: each one costs every append.
CREATE TABLE events (
    position bigint PRIMARY KEY CHECK (position >= 1),
    sequence bigint NOT NULL CHECK (sequence >= 1),
    recorded_at timestamptz NOT NULL,
    event_id uuid NOT NULL,
    aggregate_type text NOT NULL,
    aggregate_id text NOT NULL,
    event_type text NOT NULL,
    event_version text NOT NULL,
    content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
    leaf_hash bytea NOT NULL CHECK (octet_length(leaf_hash) = 32),
    payload json NOT NULL,
    metadata json NOT NULL,
    UNIQUE (aggregate_type, aggregate_id, sequence)
);
