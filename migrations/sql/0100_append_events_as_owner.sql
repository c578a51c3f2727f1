-- Whoever may append needs no right on the tables: the function writes with its owner's. So it is nobody's but whom the owner
-- names, and its search_path ends with pg_temp, which Postgres would search first for tables otherwise: a caller's temporary
-- table called `events`, with a trigger of the caller's, would be written in the owner's name.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);
ALTER FUNCTION append_events SECURITY DEFINER SET search_path FROM CURRENT;
REVOKE ALL ON FUNCTION append_events FROM PUBLIC;
