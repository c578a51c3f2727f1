-- The epochs of this ledger: the leaves from `from_position` on are built with `epoch`. A new one begins after a restore,
-- when the same position may come to name another event.
CREATE TABLE ledger_epochs (
    from_position bigint PRIMARY KEY CHECK (from_position >= 1),
    epoch uuid NOT NULL UNIQUE,
    began_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

INSERT INTO ledger_epochs (from_position, epoch) VALUES (1, gen_random_uuid());
