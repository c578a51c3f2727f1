-- Replicated changes arrive row by row and fire no trigger of a statement.
CREATE TRIGGER events_rows_stay BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE events ENABLE ALWAYS TRIGGER events_rows_stay;
