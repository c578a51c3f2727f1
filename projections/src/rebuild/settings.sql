SELECT array_to_string(reloptions, ', ') FROM pg_class WHERE oid = $1::regclass
