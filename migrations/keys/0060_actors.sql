-- Whom a pseudonym stands for. A name is personal data: it lives here, beside the data keys and out of the
-- ledger's dumps, and nowhere else. Forgetting a person is setting the name to null; the pseudonym stays.
CREATE TABLE actors (
    actor_id uuid PRIMARY KEY,
    name text UNIQUE CHECK (length(name) BETWEEN 1 AND 200),
    created_at timestamptz NOT NULL DEFAULT now()
);
