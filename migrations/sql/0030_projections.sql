-- One row a view and version: how far it has come, who leads it, and what stopped it.
--
-- Rows of the view, `position` and `lease_token` change in one transaction, so that an event is folded exactly once.
-- The token grows with each new leader; a commit that names an older token changes no row and is rolled back.
CREATE TABLE projections (
    name text NOT NULL,
    version integer NOT NULL,
    position bigint NOT NULL DEFAULT 0 CHECK (position >= 0),
    leader uuid,
    lease_token bigint NOT NULL DEFAULT 0,
    lease_until timestamptz,
    poison_position bigint,
    poison_stream text,
    poison_event_type text,
    poison_cause text,
    poisoned_at timestamptz,
    PRIMARY KEY (name, version),
    CHECK ((leader IS NULL) = (lease_until IS NULL)),
    CHECK ((poison_position IS NULL) = (poison_cause IS NULL)),
    CHECK ((poison_position IS NULL) = (poisoned_at IS NULL))
) WITH (fillfactor = 50);
