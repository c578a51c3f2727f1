-- The copies that failed and have not ended well since, whatever else waits: what the status page asks for every few seconds. Few
-- rows are in it, and only one whose failure comes or goes is written to it for its own sake.
CREATE INDEX copies_v2_failed ON copies_v2 (status) WHERE last_failure IS NOT NULL;
