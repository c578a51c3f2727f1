-- What has to be granted for a table to have the rights that another one has. Its owner makes both.
SELECT format(
    'GRANT %s ON {table} TO %s%s',
    granted.privilege_type,
    CASE WHEN granted.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(granted.grantee)) END,
    CASE WHEN granted.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
)
FROM pg_class AS live CROSS JOIN LATERAL aclexplode(live.relacl) AS granted
WHERE live.oid = $1::regclass AND granted.grantee <> live.relowner
