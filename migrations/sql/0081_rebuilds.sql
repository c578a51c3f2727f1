-- The rebuilds that run: one row a view and version, which keeps a second one out. Whoever says nothing past `lease_until`,
-- or whose session is gone, has lost it; the next one takes the row over and begins from nothing.
CREATE TABLE rebuilds (
    name text NOT NULL,
    version integer NOT NULL,
    run uuid NOT NULL,
    holder text NOT NULL,
    backend_pid integer NOT NULL,
    began_at timestamptz NOT NULL,
    lease_until timestamptz NOT NULL,
    phase text NOT NULL,
    events bigint NOT NULL,
    target bigint NOT NULL,
    PRIMARY KEY (name, version)
);
