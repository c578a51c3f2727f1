-- $1 copies of 100 events each, as a year of a school has them: 16 pages, a lock that is renewed, half of the events
-- annotations, some of them revised or removed, scores, remarks, an appreciation, the final PDF. Fifty copies are marked
-- side by side.
INSERT INTO events (position, sequence, recorded_at, event_id, aggregate_type, aggregate_id, event_type, event_version,
    content_hash, leaf_hash, payload, metadata)
SELECT
    row_number() OVER (ORDER BY copy / 50, sequence, copy),
    sequence,
    clock_timestamp(),
    gen_random_uuid(),
    'ExamCopy',
    id,
    split_part(payload, '"', 2),
    '1',
    decode(repeat('00', 32), 'hex'),
    decode(repeat('00', 32), 'hex'),
    payload::json,
    format('{"actor_id":"00000000-0000-0000-0000-000000000ada","actor_role":"grader","request_id":"%s","command_id":"%s"}', md5(copy || ' r ' || sequence)::uuid, md5(copy || ' c ' || sequence)::uuid)::json
FROM (
    SELECT copy, sequence, md5('copy ' || copy)::uuid::text AS id, CASE
        WHEN sequence = 1 THEN format('{"CopyImportRequested":{"exam":"00000000-0000-0000-0000-0000000000e1","anonymous_id":"A-%s","source":"%s","source_bytes":1000,"filename":"%s"}}', copy, repeat('ab', 32), repeat('cd', 32))
        WHEN sequence = 2 THEN format('{"CopyImported":{"attempt":1,"pages":[%s],"renderer":"hayro 0.9","warnings":[],"duration_ms":9}}', (SELECT string_agg(format('{"sha256":"%s","width":1191,"height":1684}', repeat('ab', 32)), ',') FROM generate_series(1, 16)))
        WHEN sequence = 3 THEN format('{"CopyValidated":{"scheme_version":1,"questions":[%s]}}', (SELECT string_agg(format('{"id":"%s","maximum":250}', q), ',') FROM generate_series(1, 8) AS q))
        WHEN sequence = 4 THEN '{"LockAcquired":{"lock":"00000000-0000-0000-0000-00000000010c","owner":"00000000-0000-0000-0000-000000000ada","ttl_seconds":600,"expires_at":"2026-05-18T08:00:00.000000Z"}}'
        WHEN sequence <= 96 THEN CASE (sequence - 5) % 12
            WHEN 4 THEN format('{"AnnotationRevised":{"annotation":"%s","from_revision":1,"before":%s,"after":%s}}', md5(copy || ' ' || sequence - 1)::uuid, mark, mark)
            WHEN 8 THEN format('{"RemarkSet":{"question":"%s","before":null,"after":"%s"}}', sequence % 8 + 1, repeat('ef', 32))
            WHEN 9 THEN '{"LockRenewed":{"lock":"00000000-0000-0000-0000-00000000010c","ttl_seconds":600,"before":"2026-05-18T08:00:00.000000Z","expires_at":"2026-05-18T08:05:00.000000Z"}}'
            WHEN 10 THEN format('{"AnnotationRemoved":{"annotation":"%s","from_revision":1,"before":%s}}', md5(copy || ' ' || sequence - 10)::uuid, mark)
            ELSE CASE WHEN (sequence - 5) % 12 <= 3 THEN format('{"AnnotationAdded":{"annotation":"%s","page_index":1,"page":"%s","mark":%s}}', md5(copy || ' ' || sequence)::uuid, repeat('ab', 32), mark)
                ELSE format('{"QuestionScored":{"question":"%s","before":null,"after":%s}}', sequence % 8 + 1, sequence) END
            END
        WHEN sequence = 97 THEN format('{"AppreciationSet":{"before":null,"after":"%s"}}', repeat('ef', 32))
        WHEN sequence = 98 THEN '{"FinalisationStarted":{"attempt":1,"cause":"REQUESTED","basis_sequence":97,"total":1000,"lock":"00000000-0000-0000-0000-00000000010c"}}'
        WHEN sequence = 99 THEN format('{"CopyGraded":{"attempt":1,"basis_sequence":97,"total":1000,"breakdown":{"questions":[],"annotations":1000},"pdf":"%s","pages":16,"duration_ms":9}}', repeat('ef', 32))
        ELSE format('{"CopyExported":{"format":"PDF","sha256":"%s"}}', repeat('ef', 32))
    END AS payload
    FROM generate_series(1, $1::bigint) AS copy, generate_series(1, 100) AS sequence,
        (SELECT format('{"area":{"x":1,"y":1,"width":10,"height":10},"kind":"ERROR","points":-25,"question":"1","text":"%s"}', repeat('cd', 32)) AS mark) AS marks
) AS lives
