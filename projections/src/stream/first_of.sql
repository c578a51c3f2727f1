SELECT min(position) FROM events
WHERE aggregate_type = $1 AND aggregate_id = $2 AND position BETWEEN $3 AND $4
