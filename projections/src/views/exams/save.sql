INSERT INTO exams_v2 SELECT * FROM json_populate_recordset(NULL::exams_v2, $1::json)
ON CONFLICT (exam_id) DO UPDATE SET
    scheme = EXCLUDED.scheme,
    graders = EXCLUDED.graders,
    released = EXCLUDED.released,
    archived = EXCLUDED.archived,
    sequence = EXCLUDED.sequence,
    position = EXCLUDED.position,
    updated_at = EXCLUDED.updated_at
