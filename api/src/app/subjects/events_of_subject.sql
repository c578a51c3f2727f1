SELECT event_type, to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), metadata ->> 'actor_id',
       payload::text
FROM events
WHERE aggregate_type = 'Subject' AND aggregate_id = $1
ORDER BY sequence
