INSERT INTO vault (commitment, key_id, owner_id, owner_kind, purpose, sealed) VALUES ($1, $2, $3, $4, $5, $6)
