//! The parts of a copy, as answers show them.

use domain::copy::Page;
use domain::copy::event::{FinalisationCause, QuestionLine, WorkError, WorkStage};
use domain::copy::state::{Finalisation, Grade, Lock, Void};
use domain::{CopyId, Digest, QuestionId, Timestamp};
use projections::views::copies::{CopyBody, FailedWork, ImportStanding, LastFailure};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::decimal::DecimalPoints;
use super::sealed::SealedText;

/// How work on a copy failed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Failure)]
pub struct FailureAnswer {
    /// `import` or `finalisation`.
    #[schema(value_type = String)]
    pub work: FailedWork,
    /// The attempt that failed.
    pub attempt: u32,
    /// How far it came: `claim`, `fetch`, `limits`, `open`, `render`, `write` or `store`.
    #[schema(value_type = String)]
    pub stage: WorkStage,
    /// `timeout`, `invalid_pdf`, `empty_result` or `unknown`.
    #[schema(value_type = String)]
    pub error_type: WorkError,
    /// Whether a worker tries again by itself.
    pub will_retry: bool,
}

/// A scan as it came in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Source)]
pub struct SourceAnswer {
    /// SHA-256 of the PDF.
    #[schema(value_type = String)]
    pub sha256: Digest,
    /// Its length.
    pub bytes: u64,
}

/// How far an import is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Import)]
pub struct ImportAnswer {
    /// `pending`, `done` or `failed`.
    pub state: &'static str,
    /// The attempt that comes next, or that failed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
}

/// A page of a copy.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Page)]
pub struct PageAnswer {
    /// From 0.
    pub index: usize,
    /// SHA-256 of its PNG.
    #[schema(value_type = String)]
    pub sha256: Digest,
    /// Width, in pixels.
    pub width: u32,
    /// Height, in pixels.
    pub height: u32,
    /// Where its image is.
    pub href: String,
}

/// What graders did to a copy; totals come from the one fold.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Marking)]
pub struct MarkingAnswer {
    /// Which time of marking this is, from 1.
    pub cycle: u32,
    /// The version of the scheme that validation pinned.
    pub scheme_version: u32,
    /// Each question of that scheme.
    pub questions: Vec<QuestionAnswer>,
    /// How many annotations stand.
    pub annotations: u32,
    /// The sum of their points.
    pub annotation_points: DecimalPoints,
    /// Questions and annotations together.
    pub total: DecimalPoints,
    /// The most that the questions give together.
    pub maximum: DecimalPoints,
    /// What the grader says of the whole copy.
    #[schema(value_type = Option<String>)]
    pub appreciation: Option<SealedText>,
}

/// A question of a copy.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MarkedQuestion)]
pub struct QuestionAnswer {
    /// As printed on the paper.
    #[schema(value_type = String)]
    pub id: QuestionId,
    /// Its points; null where it is not scored, which counts as zero.
    pub points: Option<DecimalPoints>,
    /// The most it takes.
    pub maximum: DecimalPoints,
    /// The grader's remark.
    #[schema(value_type = Option<String>)]
    pub remark: Option<SealedText>,
}

/// The lock of a copy.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldLock {
    /// The pseudonym of its owner.
    pub owner_id: Uuid,
    /// When the lease ends.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// How long it was when it was given or last renewed.
    pub ttl_seconds: u32,
}

/// The making of a final PDF.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Finalisation)]
pub struct FinalisationAnswer {
    /// From 1.
    pub attempt: u32,
    /// REQUESTED, RETRY or CORRECTION.
    #[schema(value_type = String)]
    pub cause: FinalisationCause,
    /// Sequence of the last event that the PDF takes in.
    pub basis_sequence: u64,
    /// The total at that basis.
    pub total: DecimalPoints,
    /// Once failed: whether a worker tries again by itself.
    pub will_retry: bool,
}

/// The outcome of a copy.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Grade)]
pub struct GradeAnswer {
    /// The total.
    pub total: DecimalPoints,
    /// Sequence of the last event that the final PDF takes in.
    pub basis_sequence: u64,
    /// SHA-256 of the final PDF.
    #[schema(value_type = String)]
    pub pdf_sha256: Digest,
    /// The attempt that made it.
    pub attempt: u32,
}

/// Why a copy counts no more.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Void)]
pub struct VoidAnswer {
    /// Why.
    #[schema(value_type = String)]
    pub reason: SealedText,
    /// The copy that stands in its place.
    pub replaced_by: Option<Uuid>,
}

impl ImportAnswer {
    pub(super) const fn of(import: ImportStanding) -> Self {
        match import {
            ImportStanding::Pending { attempt } => Self { state: "pending", attempt: Some(attempt) },
            ImportStanding::Failed { attempt } => Self { state: "failed", attempt: Some(attempt) },
            ImportStanding::Done => Self { state: "done", attempt: None },
        }
    }
}

impl PageAnswer {
    pub(super) fn of(copy: CopyId, index: usize, page: &Page) -> Self {
        let Page { sha256, width, height } = *page;
        // The hash in the address makes it the address of these bytes, which may be cached as such.
        let href = format!("/api/copies/{copy}/pages/{index}.png?sha256={sha256}");
        Self { index, sha256, width, height, href }
    }
}

impl MarkingAnswer {
    pub(super) fn of(body: &CopyBody) -> Option<Self> {
        let breakdown = body.breakdown.as_ref()?;
        let question = |line: &QuestionLine| QuestionAnswer {
            id: line.question.clone(),
            points: line.points.map(DecimalPoints),
            maximum: DecimalPoints(line.maximum),
            remark: body.remarks.get(&line.question).copied().map(SealedText),
        };
        Some(Self {
            cycle: body.cycle?,
            scheme_version: body.scheme_version?,
            questions: breakdown.questions.iter().map(question).collect(),
            annotations: body.annotations,
            annotation_points: DecimalPoints(breakdown.annotations),
            total: DecimalPoints(breakdown.total()),
            maximum: DecimalPoints(breakdown.maximum()),
            appreciation: body.appreciation.map(SealedText),
        })
    }
}

impl HeldLock {
    pub(super) fn of(lock: &Lock) -> Self {
        Self { owner_id: lock.owner.0, expires_at: lock.expires_at, ttl_seconds: lock.ttl_seconds }
    }
}

impl FinalisationAnswer {
    pub(super) fn of(run: &Finalisation) -> Self {
        Self {
            attempt: run.attempt,
            cause: run.cause,
            basis_sequence: run.basis_sequence,
            total: DecimalPoints(run.total),
            will_retry: run.will_retry,
        }
    }
}

impl GradeAnswer {
    pub(super) fn of(grade: &Grade) -> Self {
        Self {
            total: DecimalPoints(grade.total),
            basis_sequence: grade.basis_sequence,
            pdf_sha256: grade.pdf,
            attempt: grade.attempt,
        }
    }
}

impl VoidAnswer {
    pub(super) fn of(void: &Void) -> Self {
        Self { reason: SealedText(void.reason), replaced_by: void.replaced_by.map(|copy| copy.0) }
    }
}

impl FailureAnswer {
    pub(super) const fn of(failure: LastFailure) -> Self {
        let LastFailure { work, attempt, stage, error_type, will_retry } = failure;
        Self { work, attempt, stage, error_type, will_retry }
    }
}
