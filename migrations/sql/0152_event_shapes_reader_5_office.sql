-- Whose a copy is, who is to mark it, and that an exam's copies were dealt out.
INSERT INTO event_shapes (aggregate_type, event_type, event_version, reader) VALUES
    ('ExamCopy', 'CopyIdentified', '1', 5),
    ('ExamCopy', 'CopyUnidentified', '1', 5),
    ('ExamCopy', 'CopyAssigned', '1', 5),
    ('ExamCopy', 'CopyUnassigned', '1', 5),
    ('Exam', 'CopiesDispatched', '1', 5);
