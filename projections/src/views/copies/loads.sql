-- How many copies of an exam each grader was given; voided ones count no more.
SELECT assigned_to, count(*) AS copies FROM copies_v2
WHERE exam_id = $1 AND assigned_to IS NOT NULL AND status IS NOT NULL
GROUP BY assigned_to
