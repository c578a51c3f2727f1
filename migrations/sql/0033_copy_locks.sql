-- The locks that stand. A lock that ended has no row; its history is in the audit trail.
CREATE TABLE copy_locks_v1 (
    copy_id uuid PRIMARY KEY,
    lock_id uuid NOT NULL,
    owner uuid NOT NULL,
    ttl_seconds integer NOT NULL,
    acquired_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    position bigint NOT NULL
) WITH (fillfactor = 50);

CREATE INDEX copy_locks_v1_expiry ON copy_locks_v1 (expires_at);
