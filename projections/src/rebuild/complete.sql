-- How many events there are up to a position, how many of them are of kinds that this build knows, and how many of kinds
-- that are followed.
SELECT
    count(*) AS events,
    count(*) FILTER (WHERE aggregate_type = ANY ($2)) AS known,
    count(*) FILTER (WHERE aggregate_type = ANY ($3)) AS followed
FROM events
WHERE position <= $1
