UPDATE master_key SET check_value = next_check_value, next_check_value = NULL, generation = generation + 1
WHERE next_check_value IS NOT NULL
