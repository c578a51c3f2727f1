-- Every copy that was ever said to be the subject's; what was taken back is told by the copy itself.
SELECT DISTINCT aggregate_id FROM events
WHERE event_type = 'CopyIdentified' AND payload -> 'CopyIdentified' ->> 'subject' = $1 AND aggregate_type = 'ExamCopy'
ORDER BY aggregate_id
