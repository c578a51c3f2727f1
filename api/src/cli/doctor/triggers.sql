SELECT t.tgname::text AS name, c.relname::text AS table_name, p.proname::text AS function, t.tgenabled::text AS enabled,
       t.tgtype AS kind
FROM pg_trigger AS t
JOIN pg_class AS c ON c.oid = t.tgrelid
JOIN pg_proc AS p ON p.oid = t.tgfoid
WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal
