-- The first reader that can fold the view on from where it stands: the latest of all shapes that it has folded, or that it
-- stands before. A process with an earlier reader does not lead it, so that the events of a newer build are folded by one
-- that knows them, and two processes do not take the view from each other. It never falls.
ALTER TABLE projections ADD COLUMN required_reader integer NOT NULL DEFAULT 1;
