-- Operators seal the reasons of their acts, too, and have a key for it. The new rule takes in all that the old one did.
ALTER TABLE data_keys
    DROP CONSTRAINT data_keys_owner_kind_check,
    ADD CONSTRAINT data_keys_owner_kind_check CHECK (owner_kind IN ('copy', 'subject', 'operations')) NOT VALID;
