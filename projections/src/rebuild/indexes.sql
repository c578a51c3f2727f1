SELECT
    class.relname::text AS name,
    index.indisunique AS is_unique,
    index.indisprimary AS is_primary,
    pg_get_indexdef(index.indexrelid) AS definition
FROM pg_index AS index
JOIN pg_class AS class ON class.oid = index.indexrelid
WHERE index.indrelid = $1::regclass
ORDER BY index.indisprimary DESC, class.relname
