-- One row an event: who did what, when, through which request, in words for auditors.
-- Rows are only ever added. `metadata` holds a sealed text as {"sealed": "<commitment>"}.
CREATE TABLE audit_trail_v1 (
    position bigint PRIMARY KEY,
    event_id uuid NOT NULL,
    copy_id uuid,
    exam_id uuid,
    sequence bigint NOT NULL,
    action text NOT NULL,
    event_type text NOT NULL,
    actor_id uuid NOT NULL,
    actor_role text NOT NULL,
    request_id text NOT NULL,
    command_id uuid NOT NULL,
    causation_id uuid,
    recorded_at timestamptz NOT NULL,
    metadata json NOT NULL,
    CHECK ((copy_id IS NULL) <> (exam_id IS NULL))
);

CREATE INDEX audit_trail_v1_copy ON audit_trail_v1 (copy_id, position) WHERE copy_id IS NOT NULL;
CREATE INDEX audit_trail_v1_exam ON audit_trail_v1 (exam_id, position) WHERE exam_id IS NOT NULL;
