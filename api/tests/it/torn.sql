-- Appends an event to the stream of a copy, past the rules of the domain: as a bug of the program, or a damaged restore, would.
WITH head AS (SELECT max(position) AS position FROM events),
stream AS (SELECT max(sequence) AS sequence FROM events WHERE aggregate_type = 'ExamCopy' AND aggregate_id = $1)
INSERT INTO events (position, sequence, recorded_at, event_id, aggregate_type, aggregate_id, event_type, event_version,
    content_hash, leaf_hash, payload, metadata)
SELECT head.position + 1, stream.sequence + 1, clock_timestamp(), gen_random_uuid(), 'ExamCopy', $1, $2, '1',
    decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), $3::json, $4::json
FROM head, stream
RETURNING position
