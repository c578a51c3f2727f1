-- Every shape of event that this ledger may hold, a type in one of its versions, with the first reader that can read it.
-- A process that meets a shape which it does not know looks here: one of a later reader tells it that it is older than the
-- ledger, and that nothing is broken. Each new shape comes with a migration of its own that adds its row, so that the row
-- is there before any process can append such an event.
CREATE TABLE event_shapes (
    aggregate_type text NOT NULL,
    event_type text NOT NULL,
    event_version text NOT NULL,
    reader integer NOT NULL CHECK (reader >= 1),
    PRIMARY KEY (aggregate_type, event_type, event_version)
);

INSERT INTO event_shapes (aggregate_type, event_type, event_version, reader) VALUES
    ('ExamCopy', 'CopyImportRequested', '1', 1),
    ('ExamCopy', 'CopyImported', '1', 1),
    ('ExamCopy', 'CopyImportFailed', '1', 1),
    ('ExamCopy', 'CopyImportRetried', '1', 1),
    ('ExamCopy', 'CopyValidated', '1', 1),
    ('ExamCopy', 'LockAcquired', '1', 1),
    ('ExamCopy', 'LockRenewed', '1', 1),
    ('ExamCopy', 'LockReleased', '1', 1),
    ('ExamCopy', 'LockExpired', '1', 1),
    ('ExamCopy', 'LockForceReleased', '1', 1),
    ('ExamCopy', 'AnnotationAdded', '1', 1),
    ('ExamCopy', 'AnnotationRevised', '1', 1),
    ('ExamCopy', 'AnnotationRemoved', '1', 1),
    ('ExamCopy', 'QuestionScored', '1', 1),
    ('ExamCopy', 'RemarkSet', '1', 1),
    ('ExamCopy', 'AppreciationSet', '1', 1),
    ('ExamCopy', 'FinalisationStarted', '1', 1),
    ('ExamCopy', 'CopyGraded', '1', 1),
    ('ExamCopy', 'FinalisationFailed', '1', 1),
    ('ExamCopy', 'CopyExported', '1', 1),
    ('ExamCopy', 'ScoreCorrected', '1', 1),
    ('ExamCopy', 'CopyReopened', '1', 1),
    ('ExamCopy', 'CopyVoided', '1', 1),
    ('Exam', 'ExamCreated', '1', 1),
    ('Exam', 'SchemePublished', '1', 1),
    ('Exam', 'GraderEnrolled', '1', 1),
    ('Exam', 'GraderEnrolled', '2', 3),
    ('Exam', 'GraderRemoved', '1', 1),
    ('Exam', 'ResultsReleased', '1', 1),
    ('Exam', 'ResultsWithdrawn', '1', 1),
    ('Exam', 'ExamArchived', '1', 1),
    ('Operations', 'ProjectionParked', '1', 2),
    ('Operations', 'ProjectionUnparked', '1', 2);
