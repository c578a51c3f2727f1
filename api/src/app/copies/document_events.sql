-- A copy's events up to a sequence, as they are hashed.
SELECT position, event_id, sequence, event_type, event_version, recorded_at, payload::text AS payload,
       metadata::text AS metadata, content_hash, leaf_hash
FROM events
WHERE aggregate_type = 'ExamCopy' AND aggregate_id = $1 AND sequence <= $2
ORDER BY sequence
