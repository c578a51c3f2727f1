-- A ledger that was restored twice without an append in between has two epochs that begin at the same position. Both are
-- needed: clients may hold places of the first. The later one holds; `began_at` grows from each epoch to the next.
ALTER TABLE ledger_epochs
    DROP CONSTRAINT ledger_epochs_pkey,
    ADD PRIMARY KEY (from_position, began_at);
