-- Bearer tokens, by the SHA-256 of their text: the table cannot be used to make a request. It stands in the key
-- store so that restoring an old dump of the ledger does not bring a revoked token back.
CREATE TABLE tokens (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    token_id uuid NOT NULL UNIQUE,
    actor_id uuid NOT NULL REFERENCES actors,
    role text NOT NULL CHECK (role IN ('admin', 'grader', 'auditor')),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz
);
