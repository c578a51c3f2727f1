-- Which process does the work that one of all is enough for, under a lease.
CREATE TABLE work_leaders (
    duty text PRIMARY KEY,
    worker uuid NOT NULL,
    lease_until timestamptz NOT NULL
);
