DELETE FROM projection_gaps WHERE name = $1 AND version = $2 AND stream_type = $3 AND stream_id = $4
