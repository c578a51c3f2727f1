//! A line of the audit trail as answers show it.

use domain::{Role, Timestamp};
use projections::views::audit_trail::AuditRow;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// What one event says to an auditor.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditLine {
    /// The event's place in the whole ledger.
    pub position: i64,
    /// The event's place in the copy's history, from 1.
    pub sequence: u64,
    /// What was done: IMPORT, VALIDATE, LOCK, CREATE_ANN, FINALIZE, EXPORT and so on.
    pub action: String,
    /// The event's type.
    pub event_type: String,
    /// The event's id.
    pub event_id: Uuid,
    /// When it was recorded, by Postgres's clock.
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Timestamp,
    /// The pseudonym of who did it.
    pub actor_id: Uuid,
    /// In which role: admin, grader, auditor or system.
    #[schema(value_type = String)]
    pub actor_role: Role,
    /// The request that it began with.
    pub request_id: String,
    /// The command that decided it.
    pub command_id: Uuid,
    /// The event that made a worker act.
    pub causation_id: Option<Uuid>,
    /// The W3C `traceparent` that the request came with.
    pub traceparent: Option<String>,
    /// The particulars.
    #[schema(value_type = Object)]
    pub metadata: Value,
}

impl From<AuditRow> for AuditLine {
    fn from(row: AuditRow) -> Self {
        Self {
            position: row.position,
            sequence: row.sequence,
            action: row.action,
            event_type: row.event_type,
            event_id: row.event_id,
            recorded_at: row.recorded_at,
            actor_id: row.actor.0,
            actor_role: row.role,
            request_id: row.request_id,
            command_id: row.command_id,
            causation_id: row.causation_id,
            traceparent: row.traceparent.map(|parent| parent.to_string()),
            metadata: row.metadata,
        }
    }
}
