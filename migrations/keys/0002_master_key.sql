-- What tells the master key of this store from any other. It is derived from the key one way, and opens nothing.
CREATE TABLE master_key (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    check_value bytea NOT NULL CHECK (octet_length(check_value) = 32)
);
