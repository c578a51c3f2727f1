//! The audit trail: who did what to which copy or exam, when, through which request. One row an event, never changed.

mod copy_act;
mod exam_act;
mod fold;
mod sealed;
mod told;

use domain::{ActorId, CopyId, ExamId, Role, Timestamp, TraceParent};
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgExecutor, Row};
use uuid::Uuid;

use super::page::{PageSize, Slice};
use super::row;
use crate::projector::ViewName;

pub use fold::{AuditTrail, NewRows};
pub use sealed::{Opening, commitments, open};

/// The view.
pub const VIEW: ViewName = ViewName { name: "audit_trail", version: 1 };

/// What one event says to an auditor.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRow {
    /// The event's place in the whole ledger.
    pub position: i64,
    /// The event's id.
    pub event_id: Uuid,
    /// The copy or exam that it happened to.
    pub subject: Subject,
    /// The event's place in that copy's or exam's history, from 1.
    pub sequence: u64,
    /// What was done: `IMPORT`, `CREATE_ANN`, ...
    pub action: String,
    /// The event's type.
    pub event_type: String,
    /// Who did it.
    pub actor: ActorId,
    /// In which role.
    pub role: Role,
    /// The request that it began with.
    pub request_id: String,
    /// The command that decided it.
    pub command_id: Uuid,
    /// The event that made a worker act.
    pub causation_id: Option<Uuid>,
    /// The trace that the request was part of, where its caller said so.
    pub traceparent: Option<TraceParent>,
    /// When it was recorded, by Postgres's clock.
    pub recorded_at: Timestamp,
    /// The particulars: an object whose points are decimal numbers, and whose sealed texts stand as
    /// `{"sealed": "<commitment>"}` ([`commitments`], [`open`]).
    pub metadata: Value,
}

/// What an act was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A copy.
    Copy(CopyId),
    /// An exam.
    Exam(ExamId),
}

/// Which rows of a trail are shown.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Those of this action.
    pub action: Option<String>,
    /// Those of this actor.
    pub actor: Option<ActorId>,
}

/// A page of the trail of one copy or exam, the oldest first, after the position `after`.
///
/// # Errors
/// The database did not answer, or a row is not one that this build wrote.
pub async fn of(
    executor: impl PgExecutor<'_>,
    subject: Subject,
    filter: &AuditFilter,
    after: Option<i64>,
    size: PageSize,
) -> Result<Slice<AuditRow>, sqlx::Error> {
    let (sql, id) = match subject {
        Subject::Copy(copy) => (include_str!("of_copy.sql"), copy.0),
        Subject::Exam(exam) => (include_str!("of_exam.sql"), exam.0),
    };
    let rows = sqlx::query_as(sql)
        .bind(id)
        .bind(after.unwrap_or(0))
        .bind(size.and_one())
        .bind(filter.action.as_deref())
        .bind(filter.actor.map(|actor| actor.0))
        .fetch_all(executor)
        .await?;
    Ok(Slice::cut(rows, size, |row: &AuditRow| row.position))
}

impl<'r> FromRow<'r, PgRow> for AuditRow {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        let copy: Option<Uuid> = row.try_get("copy_id")?;
        let traceparent: Option<String> = row.try_get("traceparent")?;
        Ok(Self {
            position: row.try_get("position")?,
            event_id: row.try_get("event_id")?,
            subject: match copy {
                Some(copy) => Subject::Copy(CopyId(copy)),
                None => Subject::Exam(ExamId(row.try_get("exam_id")?)),
            },
            sequence: row::unsigned(row, "sequence")?,
            action: row.try_get("action")?,
            event_type: row.try_get("event_type")?,
            actor: ActorId(row.try_get("actor_id")?),
            role: row::parsed(row, "actor_role")?,
            request_id: row.try_get("request_id")?,
            command_id: row.try_get("command_id")?,
            causation_id: row.try_get("causation_id")?,
            // One that no build of ours wrote is none.
            traceparent: traceparent.and_then(|parent| parent.parse().ok()),
            recorded_at: row::timestamp(row, "recorded_at")?,
            metadata: row::json(row, "metadata")?,
        })
    }
}
