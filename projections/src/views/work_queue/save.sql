WITH done AS (
    DELETE FROM work_queue_v1 WHERE copy_id = ANY ($2)
)
INSERT INTO work_queue_v1 SELECT * FROM json_populate_recordset(NULL::work_queue_v1, $1::json)
ON CONFLICT (copy_id) DO UPDATE SET
    kind = EXCLUDED.kind,
    attempt = EXCLUDED.attempt,
    failed_attempts = EXCLUDED.failed_attempts,
    last_failed_at = EXCLUDED.last_failed_at,
    request_id = EXCLUDED.request_id,
    causation_id = EXCLUDED.causation_id,
    enqueued_at = EXCLUDED.enqueued_at,
    position = EXCLUDED.position
