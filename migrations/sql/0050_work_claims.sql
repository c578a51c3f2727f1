-- Who has which item of the work queue in hand, under a lease. Not a view: it is the workers' own, and losing it costs
-- no more than work done twice and recorded once. `position` is that of the event which asked for the work, so each
-- attempt is claimed apart. `settled` items are done as far as their worker knows; the row stays until the queue has
-- seen it too, so that nobody does them again in between.
CREATE TABLE work_claims (
    position bigint PRIMARY KEY,
    copy_id uuid NOT NULL,
    worker uuid NOT NULL,
    claims integer NOT NULL CHECK (claims >= 1),
    claimed_at timestamptz NOT NULL,
    lease_until timestamptz NOT NULL,
    settled boolean NOT NULL DEFAULT false
);
