-- The name of the file that each copy was imported from, as its first row tells it.
SELECT copy_id, metadata -> 'filename' ->> 'sealed' AS filename
FROM audit_trail_v1
WHERE copy_id = ANY ($1) AND action = 'IMPORT_REQUEST'
