SELECT
    (SELECT coalesce(max(reader), 1) FROM event_shapes),
    (SELECT coalesce(max(required_reader), 1) FROM projections),
    (SELECT string_agg(DISTINCT name, ', ') FROM projections WHERE required_reader > $1)
