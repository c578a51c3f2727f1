SELECT position, event_id, aggregate_type, aggregate_id, sequence, event_type, event_version,
       payload::text AS payload, metadata::text AS metadata, recorded_at
FROM events
WHERE aggregate_type = 'ExamCopy' AND aggregate_id = $1
ORDER BY sequence
