-- Streams that views are to go on without: one row a view and stream, from the acts of operators. `from_position` is that of
-- the event which the view could not fold, `position` that of the act. `reason` is a commitment; its text is in the vault.
CREATE TABLE parked_v1 (
    operations_id uuid NOT NULL,
    view text NOT NULL,
    stream_type text NOT NULL,
    stream_id uuid NOT NULL,
    from_position bigint NOT NULL CHECK (from_position > 0),
    reason text NOT NULL,
    actor_id uuid NOT NULL,
    actor_role text NOT NULL,
    position bigint NOT NULL,
    parked_at timestamptz NOT NULL,
    PRIMARY KEY (view, stream_type, stream_id)
);

CREATE UNIQUE INDEX parked_v1_position ON parked_v1 (position);
