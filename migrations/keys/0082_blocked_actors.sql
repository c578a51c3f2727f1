-- Actors who are let in by nothing they show, whoever gave it to them, until an operator takes the block away. The reason is for
-- operators, as the name beside the actor is.
CREATE TABLE blocked_actors (
    actor_id uuid PRIMARY KEY REFERENCES actors,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 2000),
    blocked_at timestamptz NOT NULL DEFAULT now()
);
