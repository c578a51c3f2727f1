SELECT EXISTS (SELECT FROM master_key)
   AND NOT EXISTS (SELECT FROM unnest($1::text[]) AS wanted (name) WHERE wanted.name NOT IN (SELECT name FROM service_keys))
