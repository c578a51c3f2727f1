-- $1 copies of 100 events each: request, import of 12 pages, validation, lock, 94 annotations, finalisation, grade. Fifty
-- copies are marked side by side.
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
    '{"actor_id":"00000000-0000-0000-0000-000000000ada","actor_role":"grader","request_id":"r","command_id":"00000000-0000-0000-0000-0000000000c0"}'
FROM (
    SELECT copy, sequence, md5('copy ' || copy)::uuid::text AS id, CASE
        WHEN sequence = 1 THEN format('{"CopyImportRequested":{"exam":"00000000-0000-0000-0000-0000000000e1","anonymous_id":"A-%s","source":"%s","source_bytes":1000,"filename":"%s"}}', copy, repeat('ab', 32), repeat('cd', 32))
        WHEN sequence = 2 THEN format('{"CopyImported":{"attempt":1,"pages":[%s],"renderer":"hayro 0.9","warnings":[],"duration_ms":9}}', (SELECT string_agg(format('{"sha256":"%s","width":1191,"height":1684}', repeat('ab', 32)), ',') FROM generate_series(1, 12)))
        WHEN sequence = 3 THEN '{"CopyValidated":{"scheme_version":1,"questions":[{"id":"1","maximum":800},{"id":"2","maximum":1200}]}}'
        WHEN sequence = 4 THEN '{"LockAcquired":{"lock":"00000000-0000-0000-0000-00000000010c","owner":"00000000-0000-0000-0000-000000000ada","ttl_seconds":600,"expires_at":"2026-05-18T08:00:00.000000Z"}}'
        WHEN sequence <= 98 THEN format('{"AnnotationAdded":{"annotation":"%s","page_index":1,"page":"%s","mark":{"area":{"x":1,"y":1,"width":10,"height":10},"kind":"ERROR","points":-25,"question":"1","text":"%s"}}}', md5(copy || ' ' || sequence)::uuid, repeat('ab', 32), repeat('cd', 32))
        WHEN sequence = 99 THEN '{"FinalisationStarted":{"attempt":1,"cause":"REQUESTED","basis_sequence":98,"total":-2350,"lock":"00000000-0000-0000-0000-00000000010c"}}'
        ELSE format('{"CopyGraded":{"attempt":1,"basis_sequence":98,"total":-2350,"breakdown":{"questions":[],"annotations":-2350},"pdf":"%s","pages":12,"duration_ms":9}}', repeat('ef', 32))
    END AS payload
    FROM generate_series(1, $1::bigint) AS copy, generate_series(1, 100) AS sequence
) AS lives
