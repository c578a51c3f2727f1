SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' student tokens ' || $1::text, 0))
