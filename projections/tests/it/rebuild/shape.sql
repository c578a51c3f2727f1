SELECT format('%s column %s %s %s %s', attrelid::regclass, attname, atttypid::regtype, attnotnull, attnum)
FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT pg_get_indexdef(indexrelid) || ' ' || indisprimary FROM pg_index WHERE indrelid = $1::regclass
UNION ALL
SELECT format('%s constraint %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE conrelid = $1::regclass
UNION ALL
SELECT format('%s settings %s', oid::regclass, reloptions) FROM pg_class WHERE oid = $1::regclass
ORDER BY 1
