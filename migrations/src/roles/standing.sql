-- Every object of the ledger that rights are given on, one row for each right that PUBLIC or one of the roles $1 has on it, and
-- one with nulls where they have none. What an owner has by owning is left out. A right on a column is told as one of its
-- table, as GRANT and REVOKE take it. `of_server` are functions of Postgres itself with which anyone could put away data in
-- large objects, past every table; they are the superuser's to take from PUBLIC, in each database.
WITH objects AS (
    SELECT 'DATABASE' AS kind, datname::text AS name, quote_ident(datname) AS spelled, datdba AS owner,
           coalesce(datacl, acldefault('d', datdba)) AS acl, false AS of_server
    FROM pg_database WHERE datname = current_database()
    UNION ALL
    SELECT 'SCHEMA', nspname, quote_ident(nspname), nspowner, coalesce(nspacl, acldefault('n', nspowner)), false
    FROM pg_namespace WHERE nspname = current_schema()
    UNION ALL
    SELECT 'TABLE', relname, quote_ident(relname), relowner, coalesce(relacl, acldefault('r', relowner)), false
    FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
    UNION ALL
    SELECT 'FUNCTION', proname, oid::regprocedure::text, proowner, coalesce(proacl, acldefault('f', proowner)), false
    FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
    UNION ALL
    SELECT 'FUNCTION', proname, oid::regprocedure::text, proowner, coalesce(proacl, acldefault('f', proowner)), true
    FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname IN ('lo_creat', 'lo_create', 'lo_from_bytea')
), rights AS (
    SELECT o.kind, o.name, o.spelled, o.owner, granted.grantee, granted.privilege_type AS privilege
    FROM objects AS o CROSS JOIN LATERAL aclexplode(o.acl) AS granted
    UNION ALL
    SELECT 'TABLE', c.relname, quote_ident(c.relname), c.relowner, granted.grantee,
           format('%s (%I)', granted.privilege_type, a.attname)
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid CROSS JOIN LATERAL aclexplode(a.attacl) AS granted
    WHERE c.relnamespace = current_schema()::regnamespace
)
SELECT o.kind, o.name, o.spelled, o.of_server, r.grantee, r.privilege
FROM objects AS o
LEFT JOIN (
    SELECT kind, spelled, privilege, CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee)::text END AS grantee
    FROM rights WHERE grantee <> owner
) AS r ON r.kind = o.kind AND r.spelled = o.spelled AND (r.grantee = 'PUBLIC' OR r.grantee = ANY ($1))
ORDER BY o.kind, o.spelled
