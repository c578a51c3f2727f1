-- Streams that a view, in this version of its fold, does leave out, and from where: `from_position` is the first position of
-- the stream that was not folded, so its rows are the fold of all events before that.
--
-- A row is part of its view's checkpoint: it changes in the transaction that moves the checkpoint or writes the stream's
-- rows, and goes with it.
CREATE TABLE projection_gaps (
    name text NOT NULL,
    version integer NOT NULL,
    stream_type text NOT NULL,
    stream_id uuid NOT NULL,
    from_position bigint NOT NULL CHECK (from_position > 0),
    PRIMARY KEY (name, version, stream_type, stream_id),
    FOREIGN KEY (name, version) REFERENCES projections (name, version) ON DELETE CASCADE
);
