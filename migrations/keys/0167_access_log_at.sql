-- access_log_at_id does all that it did.
DROP INDEX access_log_at;
