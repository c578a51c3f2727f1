-- Retries that an administrator asks for say why.
INSERT INTO event_shapes (aggregate_type, event_type, event_version, reader) VALUES
    ('ExamCopy', 'CopyImportRetried', '2', 4),
    ('ExamCopy', 'FinalisationStarted', '2', 4);
