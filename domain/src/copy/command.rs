//! What can be asked of a copy.

use super::event::{ExportFormat, IdentificationMethod, WorkError, WorkStage};
use super::mark::{Mark, Page};
use crate::{
    ActorId, AnnotationId, AnonymousId, Commitment, CopyId, Digest, ExamId, LockId, Points, Question,
    QuestionId, SubjectId, Timestamp,
};
use uuid::Uuid;

/// A command to a copy: who asks, when, and for what.
#[derive(Clone, Debug)]
pub struct CopyCommand {
    /// Who asks.
    pub actor: ActorId,
    /// Now, by Postgres's clock.
    pub at: Timestamp,
    /// For what.
    pub action: CopyAction,
}

/// The lock that a caller shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownLock {
    /// No token came with the request.
    None,
    /// A token came that this ledger did not make.
    Forged,
    /// A genuine token of this lock.
    Of(LockId),
}

/// The shortest lease, in seconds.
pub const MIN_TTL_SECONDS: u32 = 1;
/// The longest lease, in seconds.
pub const MAX_TTL_SECONDS: u32 = 3_600;
/// The most annotations that a copy ever takes, the removed ones counted.
pub const MAX_ANNOTATIONS: u32 = 10_000;
/// The most pages of a copy (L17).
pub const MAX_PAGES: usize = 500;
/// The most warnings that an import records.
pub const MAX_WARNINGS: usize = 5_000;
/// The longest name of a renderer or of a warning, in characters.
pub const MAX_LABEL_CHARACTERS: usize = 64;
/// How often a failed import or finalisation is tried before a worker gives up.
pub const MAX_ATTEMPTS: u32 = 3;

/// The actions.
#[derive(Clone, Debug)]
pub enum CopyAction {
    /// Take in a scan.
    RequestImport {
        /// The exam it belongs to.
        exam: ExamId,
        /// What stands on it instead of a name.
        anonymous_id: AnonymousId,
        /// SHA-256 of the scan.
        source: Digest,
        /// Its length, in bytes.
        source_bytes: u64,
        /// The name of its file, sealed.
        filename: Option<Commitment>,
    },
    /// A worker read every page.
    RecordImport {
        /// The attempt that the worker read from the copy.
        attempt: u32,
        /// The pages in order, at most [`MAX_PAGES`].
        pages: Vec<Page>,
        /// Name and version of the renderer: printable ASCII, at most [`MAX_LABEL_CHARACTERS`].
        renderer: String,
        /// Codes of what it passed over, each written like the renderer; at most [`MAX_WARNINGS`].
        warnings: Vec<String>,
        /// How long it took, in milliseconds.
        duration_ms: u64,
    },
    /// A worker could not read the scan.
    RecordImportFailure {
        /// The attempt that the worker read from the copy.
        attempt: u32,
        /// How it failed.
        failure: Failure,
    },
    /// Try a failed import again.
    RetryImport {
        /// Why, sealed.
        reason: Commitment,
    },
    /// Open the copy to marking, by this scheme.
    Validate {
        /// Version of the scheme.
        scheme_version: u32,
        /// Its questions.
        questions: Vec<Question>,
    },
    /// Take the copy in hand.
    AcquireLock {
        /// The new lock's id.
        lock: LockId,
        /// How long the lease is to be.
        ttl_seconds: u32,
    },
    /// Keep it in hand: the heartbeat.
    RenewLock {
        /// The lock shown.
        shown: ShownLock,
        /// How long the lease is to be from now.
        ttl_seconds: u32,
    },
    /// Give it back.
    ReleaseLock {
        /// The lock shown.
        shown: ShownLock,
    },
    /// Record that the lease ran out.
    ExpireLock,
    /// Take the copy out of someone's hands.
    ForceReleaseLock {
        /// Why, sealed.
        reason: Commitment,
    },
    /// Mark the copy, with its lock in hand.
    Mark {
        /// The lock shown.
        shown: ShownLock,
        /// What to do.
        act: Marking,
    },
    /// Freeze the marking and make the final PDF; with the lock in hand, or again after a failure.
    Finalise {
        /// The lock shown.
        shown: ShownLock,
    },
    /// Try a failed finalisation again, without a lock and whatever its attempts: an administrator's repair (L16).
    RetryFinalisation {
        /// Why, sealed.
        reason: Commitment,
    },
    /// A worker made the final PDF.
    RecordGraded {
        /// The basis that the worker drew.
        basis_sequence: u64,
        /// The attempt that the worker read from the copy.
        attempt: u32,
        /// SHA-256 of the final PDF.
        pdf: Digest,
        /// How many pages of the scan stand in it.
        pages: u32,
        /// How long it took, in milliseconds.
        duration_ms: u64,
    },
    /// A worker could not make the final PDF.
    RecordFinalisationFailure {
        /// The basis that the worker had.
        basis_sequence: u64,
        /// The attempt that the worker read from the copy.
        attempt: u32,
        /// How it failed.
        failure: Failure,
    },
    /// Say whose the copy is.
    Identify {
        /// Whose.
        subject: SubjectId,
        /// How it became known.
        method: IdentificationMethod,
    },
    /// Take back what was said of whose it is.
    Unidentify {
        /// Why, sealed.
        reason: Commitment,
    },
    /// Give the copy to a grader to mark.
    Assign {
        /// To whom.
        grader: ActorId,
        /// The dispatch that deals it out; none where somebody chose.
        run: Option<Uuid>,
    },
    /// Give it to nobody in particular.
    Unassign,
    /// Record that the graded copy was handed out.
    Export {
        /// In which form.
        format: ExportFormat,
        /// SHA-256 of what was handed out.
        sha256: Digest,
    },
    /// Correct a score of a graded copy; the final PDF is made anew.
    Correct {
        /// Which question.
        question: QuestionId,
        /// Its new points.
        points: Points,
        /// Why, sealed.
        reason: Commitment,
    },
    /// Open a graded copy to marking again.
    Reopen {
        /// Why, sealed.
        reason: Commitment,
    },
    /// Take the copy out of the count.
    Void {
        /// Why, sealed.
        reason: Commitment,
        /// The copy that stands in its place.
        replaced_by: Option<CopyId>,
    },
}

/// What marking is made of.
#[derive(Clone, Debug)]
pub enum Marking {
    /// Put a mark on a page.
    AddAnnotation {
        /// The new annotation's id.
        annotation: AnnotationId,
        /// Which page, from 0.
        page_index: u32,
        /// What is drawn.
        mark: Mark,
    },
    /// Change a mark.
    ReviseAnnotation {
        /// Which one.
        annotation: AnnotationId,
        /// The revision that the caller read.
        revision: u32,
        /// As it is to stand.
        after: Mark,
    },
    /// Take a mark away.
    RemoveAnnotation {
        /// Which one.
        annotation: AnnotationId,
        /// The revision that the caller read.
        revision: u32,
    },
    /// Give a question its points, or take them back.
    ScoreQuestion {
        /// Which question.
        question: QuestionId,
        /// Its points.
        points: Option<Points>,
    },
    /// Give a question a remark, or take it back.
    SetRemark {
        /// Which question.
        question: QuestionId,
        /// The remark, sealed.
        remark: Option<Commitment>,
    },
    /// Give the copy an appreciation, or take it back.
    SetAppreciation {
        /// The appreciation, sealed.
        appreciation: Option<Commitment>,
    },
}

/// How work failed.
#[derive(Clone, Copy, Debug)]
pub struct Failure {
    /// How far it came.
    pub stage: WorkStage,
    /// What went wrong.
    pub error_type: WorkError,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

impl Failure {
    /// Whether a worker tries again by itself after this attempt failed so. Work that takes its worker down
    /// with it every time is not given to another.
    #[must_use]
    pub fn is_worth_a_retry(&self, attempt: u32) -> bool {
        self.error_type.is_transient() && self.stage != WorkStage::Claim && attempt < MAX_ATTEMPTS
    }
}
