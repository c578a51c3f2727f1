-- How many copies of an exam have each status: kept by the differences of `copies_v1`, in the same transaction.
-- A status that no copy has, has no row.
CREATE TABLE copy_status_counts_v2 (
    exam_id uuid NOT NULL,
    status text NOT NULL,
    copies bigint NOT NULL CHECK (copies > 0),
    PRIMARY KEY (exam_id, status)
) WITH (fillfactor = 50);
