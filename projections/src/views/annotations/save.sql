INSERT INTO annotations_v1 SELECT * FROM json_populate_recordset(NULL::annotations_v1, $1::json)
ON CONFLICT (copy_id, annotation_id) DO UPDATE SET
    revision = EXCLUDED.revision,
    x = EXCLUDED.x,
    y = EXCLUDED.y,
    width = EXCLUDED.width,
    height = EXCLUDED.height,
    kind = EXCLUDED.kind,
    points_hundredths = EXCLUDED.points_hundredths,
    question = EXCLUDED.question,
    text = EXCLUDED.text,
    updated_by = EXCLUDED.updated_by,
    updated_at = EXCLUDED.updated_at,
    removed_at = EXCLUDED.removed_at,
    position = EXCLUDED.position
