-- Personal texts, each sealed under a key of one owner and one purpose that lives in the key store. An event holds the
-- commitment only. Rows are deleted by erasure, and by nothing else.
CREATE TABLE vault (
    commitment bytea PRIMARY KEY CHECK (octet_length(commitment) = 32),
    key_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    owner_kind text NOT NULL CHECK (owner_kind IN ('copy', 'subject')),
    purpose text NOT NULL CHECK (purpose IN ('identity', 'scan', 'comments')),
    sealed bytea NOT NULL
);
