SELECT outcome, first_position, last_position, recorded_at, leaf_hash, event_id, answer, current_sequence, epoch, clock
FROM append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
