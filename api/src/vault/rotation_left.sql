SELECT EXISTS (SELECT FROM data_keys WHERE generation = $1) OR EXISTS (SELECT FROM service_keys WHERE generation = $1)
