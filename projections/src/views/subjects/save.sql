INSERT INTO subjects_v1 SELECT * FROM json_populate_recordset(NULL::subjects_v1, $1::json)
ON CONFLICT (subject_id) DO UPDATE SET
    erasure = EXCLUDED.erasure,
    holds = EXCLUDED.holds,
    standing = EXCLUDED.standing,
    sequence = EXCLUDED.sequence,
    position = EXCLUDED.position,
    updated_at = EXCLUDED.updated_at
