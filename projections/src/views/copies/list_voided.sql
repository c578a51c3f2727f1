-- All have the same status, none; named in the order, it lets the index of statuses give the order.
SELECT * FROM copies_v2
WHERE created_position > $1 AND status IS NULL
ORDER BY status, created_position
LIMIT $2
