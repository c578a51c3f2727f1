-- Whose copies these are, and the erasure of what is kept of them.
INSERT INTO event_shapes (aggregate_type, event_type, event_version, reader) VALUES
    ('Subject', 'SubjectRegistered', '1', 5),
    ('Subject', 'SubjectRectified', '1', 5),
    ('Subject', 'LegalHoldPlaced', '1', 5),
    ('Subject', 'LegalHoldLifted', '1', 5),
    ('Subject', 'SubjectErasureRequested', '1', 5),
    ('Subject', 'SubjectErasureWithdrawn', '1', 5),
    ('Subject', 'SubjectErasureApproved', '1', 5),
    ('Subject', 'SubjectErasureStarted', '1', 5),
    ('Subject', 'SubjectErased', '1', 5);
