-- The Postgres session of the leader, so that what it waits for can be told. It means nothing once the lease is over.
ALTER TABLE projections ADD COLUMN backend_pid integer;
