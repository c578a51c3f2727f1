-- The processes that serve this ledger, each by its own word, said again every few seconds: a queue that nobody works on
-- cannot be told from one whose workers are all busy otherwise. It is nobody's proof and nothing depends on it; a row past
-- its time is removed by whoever writes next. `worker` and `projector` are the names by which claims and duties, and the
-- leases of views, call the process; null where it runs no such part.
CREATE TABLE processes (
    process uuid PRIMARY KEY,
    parts text[] NOT NULL,
    worker uuid,
    projector uuid,
    host text NOT NULL,
    pid integer NOT NULL,
    version text NOT NULL,
    reader integer NOT NULL,
    started_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
) WITH (fillfactor = 50);
