-- Erasure asks for everything of one owner.
CREATE INDEX vault_owner ON vault (owner_id, owner_kind);
