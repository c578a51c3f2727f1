-- One key of one owner and one purpose a row, wrapped by the master key. Deleting a row is what erases the personal data
-- sealed under it, so this table lives apart from the ledger's database and its dumps.
CREATE TABLE data_keys (
    key_id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    owner_kind text NOT NULL CHECK (owner_kind IN ('copy', 'subject')),
    purpose text NOT NULL CHECK (purpose IN ('identity', 'scan', 'comments')),
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (owner_id, owner_kind, purpose)
);
