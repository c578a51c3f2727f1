-- What makes a role more than its part may be: attributes, roles that it is a member of, and what it owns here.
SELECT 'is a superuser' FROM pg_roles WHERE rolname = $1 AND rolsuper
UNION ALL
SELECT 'may create roles' FROM pg_roles WHERE rolname = $1 AND rolcreaterole
UNION ALL
SELECT 'may create databases' FROM pg_roles WHERE rolname = $1 AND rolcreatedb
UNION ALL
SELECT 'may replicate' FROM pg_roles WHERE rolname = $1 AND rolreplication
UNION ALL
SELECT 'is a member of ' || of.rolname
FROM pg_auth_members AS m JOIN pg_roles AS member ON member.oid = m.member JOIN pg_roles AS of ON of.oid = m.roleid
WHERE member.rolname = $1
UNION ALL
SELECT 'owns the database' FROM pg_database WHERE datname = current_database() AND pg_get_userbyid(datdba) = $1
UNION ALL
SELECT 'owns the schema' FROM pg_namespace WHERE nspname = current_schema() AND pg_get_userbyid(nspowner) = $1
UNION ALL
SELECT 'owns ' || relname FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_get_userbyid(relowner) = $1
UNION ALL
SELECT 'owns ' || proname FROM pg_proc
WHERE pronamespace = current_schema()::regnamespace AND pg_get_userbyid(proowner) = $1
