//! A copy in a list: without its pages and texts.

use domain::Timestamp;
use domain::copy::CopyStatus;
use projections::views::copies::CopyRow;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::copy::VOIDED;
use super::copy_parts::{FailureAnswer, GradeAnswer, HeldLock, ImportAnswer};
use super::decimal::DecimalPoints;
use super::sealed::Whose;

/// A copy in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct CopySummary {
    /// Its id.
    pub id: Uuid,
    /// The exam it belongs to.
    pub exam_id: Uuid,
    /// What stands on it instead of a name.
    pub anonymous_id: String,
    /// STAGING, READY, LOCKED, GRADING_IN_PROGRESS, GRADING_FAILED, GRADED, or VOIDED.
    pub status: &'static str,
    /// The pseudonym of whose it is, once it is identified; null for those who mark.
    #[schema(value_type = Option<Uuid>)]
    pub subject_id: Option<Whose>,
    /// The grader who is to mark it, where somebody is.
    pub assigned_to: Option<Uuid>,
    /// Sequence of the last event of the copy.
    pub sequence: u64,
    /// How far the import is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import: Option<ImportAnswer>,
    /// How many pages it has; 0 until the import is done.
    pub page_count: usize,
    /// How many annotations stand.
    pub annotations: u32,
    /// The total as marked so far; null before validation, and for those who may not read marks.
    pub total: Option<DecimalPoints>,
    /// Who has the copy in hand.
    pub lock: Option<HeldLock>,
    /// The outcome; null for those who may not read marks.
    pub grade: Option<GradeAnswer>,
    /// How import or finalisation failed last, until one succeeds.
    pub last_failure: Option<FailureAnswer>,
    /// When its first event was recorded.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When its last event was recorded.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl From<CopyRow> for CopySummary {
    fn from(row: CopyRow) -> Self {
        let body = row.body;
        Self {
            id: row.copy.0,
            exam_id: body.exam.0,
            anonymous_id: body.anonymous_id.into(),
            status: body.status.map_or(VOIDED, CopyStatus::as_str),
            subject_id: body.subject.map(Whose),
            assigned_to: body.assigned_to.map(|grader| grader.0),
            sequence: body.sequence,
            import: body.import.map(ImportAnswer::of),
            page_count: body.pages.len(),
            annotations: body.annotations,
            total: body.total.map(DecimalPoints),
            lock: body.lock.as_ref().map(HeldLock::of),
            grade: body.grade.as_ref().map(GradeAnswer::of),
            last_failure: row.last_failure.map(FailureAnswer::of),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
