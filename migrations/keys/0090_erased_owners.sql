-- Owners whose keys were destroyed: no key is made for them again, so that nothing can be sealed for them any more. The counts
-- are of what there was when it was destroyed.
CREATE TABLE erased_owners (
    owner_kind text NOT NULL CHECK (owner_kind IN ('copy', 'subject')),
    owner_id uuid NOT NULL,
    keys integer NOT NULL DEFAULT 0,
    texts integer NOT NULL DEFAULT 0,
    files integer NOT NULL DEFAULT 0,
    erased_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (owner_id, owner_kind)
);
