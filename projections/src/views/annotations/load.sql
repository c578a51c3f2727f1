SELECT * FROM annotations_v1
WHERE (copy_id, annotation_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
