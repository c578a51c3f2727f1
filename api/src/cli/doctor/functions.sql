SELECT proname::text AS name, prosrc AS body, proconfig AS settings, prosecdef AS as_owner
FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
