CREATE TRIGGER data_keys_master_key BEFORE INSERT ON data_keys
    FOR EACH ROW EXECUTE FUNCTION refuse_retired_master_key();
