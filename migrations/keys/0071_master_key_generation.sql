-- Master keys follow each other, and each is counted. While a rotation goes on there are two: rows of `generation` are wrapped
-- by the one of `check_value`, rows of the next generation by the one of `next_check_value`, and new rows are of the next. The
-- rotation ends by making the next one the only one.
ALTER TABLE master_key
    ADD COLUMN generation integer NOT NULL DEFAULT 1 CHECK (generation >= 1),
    ADD COLUMN next_check_value bytea CHECK (octet_length(next_check_value) = 32 AND next_check_value <> check_value);
