INSERT INTO audit_trail_v1 SELECT * FROM json_populate_recordset(NULL::audit_trail_v1, $1::json)
