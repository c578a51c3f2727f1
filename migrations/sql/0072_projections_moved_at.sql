-- When the view last came to stand where it stands, by Postgres's clock: a view that is behind and has not moved for long
-- is stuck; one that is behind and moves is only late. A new leader does not touch it, so that leaders who come and go
-- without folding anything do not look like progress.
ALTER TABLE projections ADD COLUMN moved_at timestamptz NOT NULL DEFAULT clock_timestamp();
