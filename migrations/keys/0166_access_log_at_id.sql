-- The order in which the log is read until a time; pruning, which the index of `at` alone was for, goes by it as well.
CREATE INDEX access_log_at_id ON access_log (at, id);
