//! A copy as it stood, and what changed between two moments, as answers show it.

use domain::{CopyId, Timestamp};
use projections::copy_locks::LockRow;
use projections::history::{CopyThen, LastEvent, Then};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::annotation::AnnotationAnswer;
use super::copy::CopyAnswer;
use super::decimal::DecimalPoints;

/// A copy as it stood at a moment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CopyHistory)]
pub struct HistoryAnswer {
    /// The moment.
    pub as_of: AsOfAnswer,
    /// How many events the copy was folded from.
    pub events: u64,
    /// The copy, as `GET /api/copies/{copy}` showed it then.
    pub copy: CopyAnswer,
    /// The annotations that stood on it, in the order in which they were added.
    pub annotations: Vec<AnnotationAnswer>,
    /// The lock that no event had ended, lapsed or not.
    pub lock: Option<LockThenAnswer>,
}

/// A moment of a copy's history: the last event that it takes in.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AsOf)]
pub struct AsOfAnswer {
    /// The instant by which a lease is judged: the one asked for, or when the event or position asked for was recorded.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The event's place in the copy's history, from 1.
    pub sequence: u64,
    /// Its place in the whole ledger, from 1.
    pub position: i64,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Timestamp,
    /// What happened.
    pub event_type: &'static str,
    /// Its own id.
    pub event_id: Uuid,
}

/// A lock as it stood.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LockThen)]
pub struct LockThenAnswer {
    /// Its id.
    pub lock_id: Uuid,
    /// The pseudonym of its owner.
    pub owner_id: Uuid,
    /// When the copy was taken in hand.
    #[schema(value_type = String, format = DateTime)]
    pub acquired_at: Timestamp,
    /// When the lease ended or was to end.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// How long it was when it was given or last renewed.
    pub ttl_seconds: u32,
    /// Whether the lease ran at the moment. One that was over counted no more, although its end was not recorded yet.
    pub live: bool,
}

/// What changed between two moments.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CopyHistoryDiff)]
pub struct HistoryDiffAnswer {
    /// The earlier moment.
    pub from: AsOfAnswer,
    /// The later one.
    pub to: AsOfAnswer,
    /// State against state: what a reader is shown otherwise. What was done and undone in between is not here, but
    /// stands in `acts`.
    pub changes: Vec<ChangeAnswer>,
    /// Every event after `from` up to `to`, in order.
    pub acts: Vec<ActAnswer>,
}

/// One thing that differs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Change)]
pub struct ChangeAnswer {
    /// status, import, last_failure, pages, scheme_version, cycle, score, remark, appreciation, annotation_added,
    /// annotation_revised, annotation_removed, total, lock, finalisation, grade or voided.
    pub what: &'static str,
    /// The question that a score or remark is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// The annotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotation_id: Option<Uuid>,
    /// What stood, as the copy, its annotations or its lock show it; null where nothing did.
    pub before: Value,
    /// What stands.
    pub after: Value,
    /// The same in a sentence.
    pub words: String,
}

/// One event, in words.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Act)]
pub struct ActAnswer {
    /// The event's place in the copy's history, from 1.
    pub sequence: u64,
    /// Its place in the whole ledger.
    pub position: i64,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Timestamp,
    /// What the audit trail calls it.
    pub action: &'static str,
    /// The event's type.
    pub event_type: &'static str,
    /// Its own id.
    pub event_id: Uuid,
    /// The pseudonym of who did it.
    pub actor_id: Uuid,
    /// In which role: admin, grader, auditor or system.
    pub actor_role: &'static str,
    /// The request that it began with.
    pub request_id: String,
    /// The total after it; null while the copy has no marking.
    pub total: Option<DecimalPoints>,
    /// What it says, in a sentence.
    pub words: String,
}

impl HistoryAnswer {
    /// The copy at a moment; none where no event was folded.
    #[must_use]
    pub fn of(copy: CopyId, then: &Then) -> Option<Self> {
        let as_of = AsOfAnswer::of(then)?;
        Some(Self {
            events: as_of.sequence,
            as_of,
            copy: CopyAnswer::of_row(then.state.row(copy)?),
            annotations: annotations(&then.state),
            lock: then.state.lock().map(|lock| LockThenAnswer::of(lock, then.at)),
        })
    }
}

fn annotations(state: &CopyThen) -> Vec<AnnotationAnswer> {
    state.annotations().into_iter().map(|row| AnnotationAnswer::of_row(row.clone())).collect()
}

impl AsOfAnswer {
    /// The last event of a state.
    #[must_use]
    pub fn of(then: &Then) -> Option<Self> {
        let LastEvent { sequence, position, recorded_at, event_type, event_id } = then.state.last()?;
        Some(Self { at: then.at, sequence, position, recorded_at, event_type, event_id })
    }
}

impl LockThenAnswer {
    /// A lock, judged at an instant.
    #[must_use]
    pub fn of(lock: &LockRow, at: Timestamp) -> Self {
        Self {
            lock_id: lock.lock.0,
            owner_id: lock.owner.0,
            acquired_at: lock.acquired_at,
            expires_at: lock.expires_at,
            ttl_seconds: lock.ttl_seconds,
            live: lock.expires_at > at,
        }
    }
}
