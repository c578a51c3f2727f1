-- A shape that was taken back, or moved to another reader, would have older processes call its events damage.
CREATE TRIGGER event_shapes_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON event_shapes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE event_shapes ENABLE ALWAYS TRIGGER event_shapes_only_grow;
