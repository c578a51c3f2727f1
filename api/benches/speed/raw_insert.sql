INSERT INTO gradeledger.raw (position, sequence, recorded_at, event_id, aggregate_type, aggregate_id, event_type, event_version,
                             content_hash, leaf_hash, payload, metadata)
VALUES (nextval('gradeledger.raw_positions'), 1, clock_timestamp(), '0199d0a0-0000-7000-8000-000000000000', 'ExamCopy',
        gen_random_uuid()::text, 'QuestionScored', '1',
        '\x07b9cbac89b56c5aeb70c82ed60889017852504d593cc7b5b711d64a958419ac',
        '\x07b9cbac89b56c5aeb70c82ed60889017852504d593cc7b5b711d64a958419ac',
        '{"QuestionScored":{"question":"1","before":250,"after":300}}',
        '{"actor_id":"0199d0a0-0000-7000-8000-000000000000","actor_role":"grader","request_id":"bench","command_id":"0199d0a0-0000-7000-8000-000000000001"}');
