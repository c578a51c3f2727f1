-- Which master key the row is wrapped by, as master_key counts them.
ALTER TABLE data_keys ADD COLUMN generation integer NOT NULL DEFAULT 1;
