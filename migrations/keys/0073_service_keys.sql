-- Keys of the service itself: under which it makes lock tokens, and remembers what it was asked. They outlive the master key
-- that wraps them. A store that had them derived from its first master key has those, so that nothing given out before is
-- refused.
CREATE TABLE service_keys (
    name text PRIMARY KEY,
    wrapped bytea NOT NULL,
    generation integer NOT NULL
);
