SELECT proname::text AS name, prosrc AS body, proconfig AS settings
FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
