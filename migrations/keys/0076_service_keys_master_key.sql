CREATE TRIGGER service_keys_master_key BEFORE INSERT ON service_keys
    FOR EACH ROW EXECUTE FUNCTION refuse_retired_master_key();
