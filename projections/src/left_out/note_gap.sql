INSERT INTO projection_gaps (name, version, stream_type, stream_id, from_position) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (name, version, stream_type, stream_id) DO UPDATE SET from_position = EXCLUDED.from_position
