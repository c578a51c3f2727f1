//! A copy as answers show it, made from its fold.

use domain::copy::{CopyStatus, ExamCopy};
use domain::{CopyId, Timestamp};
use projections::views::copies::{CopyBody, CopyRow};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::copy_parts::{
    FailureAnswer, FinalisationAnswer, GradeAnswer, HeldLock, ImportAnswer, MarkingAnswer, PageAnswer,
    SourceAnswer, VoidAnswer,
};
use super::sealed::Whose;

/// What stands in `status` of a copy that counts no more, beside the six statuses that are counted.
pub const VOIDED: &str = "VOIDED";

/// A copy as its events have made it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Copy)]
pub struct CopyAnswer {
    /// The copy's id: UUIDv5 of its exam and its anonymous id.
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
    /// The scan as it came in.
    pub source: SourceAnswer,
    /// How far the import is; left out once the copy is voided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import: Option<ImportAnswer>,
    /// The pages in order; empty until the import is done.
    pub pages: Vec<PageAnswer>,
    /// The marks, from validation on; null for those who may not read marks, as are the two below.
    pub marking: Option<MarkingAnswer>,
    /// Who has the copy in hand.
    pub lock: Option<HeldLock>,
    /// The making of the final PDF, while it runs and once it failed.
    pub finalisation: Option<FinalisationAnswer>,
    /// The outcome.
    pub grade: Option<GradeAnswer>,
    /// Why the copy counts no more.
    pub voided: Option<VoidAnswer>,
    /// How import or finalisation failed last, until one succeeds; only in reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<FailureAnswer>,
    /// When its first event was recorded; only in reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub created_at: Option<Timestamp>,
    /// When its last event was recorded; only in reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub updated_at: Option<Timestamp>,
}

impl CopyAnswer {
    /// The copy as its fold has it; none where there is no event.
    #[must_use]
    pub fn of(id: CopyId, copy: &ExamCopy) -> Option<Self> {
        CopyBody::of(copy).map(|body| Self::of_body(id, body))
    }

    /// The copy as its view has it, with what only the view knows.
    #[must_use]
    pub fn of_row(row: CopyRow) -> Self {
        Self {
            last_failure: row.last_failure.map(FailureAnswer::of),
            created_at: Some(row.created_at),
            updated_at: Some(row.updated_at),
            ..Self::of_body(row.copy, row.body)
        }
    }

    fn of_body(id: CopyId, body: CopyBody) -> Self {
        Self {
            id: id.0,
            exam_id: body.exam.0,
            status: body.status.map_or(VOIDED, CopyStatus::as_str),
            subject_id: body.subject.map(Whose),
            assigned_to: body.assigned_to.map(|grader| grader.0),
            sequence: body.sequence,
            source: SourceAnswer { sha256: body.source, bytes: body.source_bytes },
            import: body.import.map(ImportAnswer::of),
            pages: body
                .pages
                .iter()
                .enumerate()
                .map(|(index, page)| PageAnswer::of(id, index, page))
                .collect(),
            marking: MarkingAnswer::of(&body),
            lock: body.lock.as_ref().map(HeldLock::of),
            finalisation: body.finalisation.as_ref().map(FinalisationAnswer::of),
            grade: body.grade.as_ref().map(GradeAnswer::of),
            voided: body.void.as_ref().map(VoidAnswer::of),
            last_failure: None,
            created_at: None,
            updated_at: None,
            anonymous_id: body.anonymous_id.into(),
        }
    }
}
