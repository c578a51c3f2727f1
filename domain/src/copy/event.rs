//! What can happen to a copy. A shipped variant is never edited: a new shape is a new version.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use super::breakdown::{Breakdown, QuestionLine};
use super::mark::{Mark, Page};
pub use super::work::{WorkError, WorkStage};
use crate::{
    ActorId, AnnotationId, AnonymousId, Commitment, CopyId, Digest, ExamId, LockId, Points, Question,
    QuestionId, SubjectId, Timestamp,
};

/// An event of a copy's stream. Every change carries what stood before it and what stands after it (L1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CopyEvent {
    /// A scan came in; its bytes are stored, and a worker is to read them.
    CopyImportRequested {
        /// The exam it belongs to.
        exam: ExamId,
        /// What stands on it instead of a name.
        anonymous_id: AnonymousId,
        /// SHA-256 of the PDF as it came in.
        source: Digest,
        /// Its length, in bytes.
        source_bytes: u64,
        /// The name of the file, sealed.
        filename: Option<Commitment>,
    },
    /// Every page was read.
    CopyImported {
        /// Which attempt succeeded, from 1.
        attempt: u32,
        /// The pages in order.
        pages: Vec<Page>,
        /// Name and version of what rendered them.
        renderer: String,
        /// Codes of what the renderer passed over, in the order in which it met them.
        warnings: Vec<String>,
        /// From the claim of the work to its end, in milliseconds.
        duration_ms: u64,
    },
    /// The scan could not be read.
    CopyImportFailed {
        /// Which attempt failed, from 1.
        attempt: u32,
        /// How far it came.
        stage: WorkStage,
        /// What went wrong.
        error_type: WorkError,
        /// Whether a worker tries again without being asked.
        will_retry: bool,
        /// From the claim of the work to its end, in milliseconds.
        duration_ms: u64,
    },
    /// Someone asked for another attempt, after the last one had failed.
    CopyImportRetried {
        /// The attempt that this asks for.
        attempt: u32,
        /// Why, sealed; none in events of before reasons were asked for.
        reason: Option<Commitment>,
    },
    /// The pages were looked at and the copy may be marked, by this scheme whatever is published later.
    CopyValidated {
        /// The version of the scheme that is pinned.
        scheme_version: u32,
        /// Its questions.
        questions: Vec<Question>,
    },
    /// A grader has the copy, until the lease ends.
    LockAcquired {
        /// The lock's id, from which its token is derived.
        lock: LockId,
        /// Whose lock it is.
        owner: ActorId,
        /// How long the lease is, in seconds.
        ttl_seconds: u32,
        /// When the lease ends.
        expires_at: Timestamp,
    },
    /// The lease begins anew, as long as was asked.
    LockRenewed {
        /// Which lock.
        lock: LockId,
        /// How long the new lease is, in seconds.
        ttl_seconds: u32,
        /// When the lease would have ended.
        before: Timestamp,
        /// When it ends now.
        expires_at: Timestamp,
    },
    /// The owner gave the copy back.
    LockReleased {
        /// Which lock.
        lock: LockId,
        /// Whose it was.
        owner: ActorId,
    },
    /// The lease ended by itself.
    LockExpired {
        /// Which lock.
        lock: LockId,
        /// Whose it was.
        owner: ActorId,
        /// When it ended.
        expired_at: Timestamp,
    },
    /// Someone else ended it.
    LockForceReleased {
        /// Which lock.
        lock: LockId,
        /// Whose it was.
        owner: ActorId,
        /// Why, sealed.
        reason: Commitment,
    },
    /// A mark was put on a page.
    AnnotationAdded {
        /// The annotation's id; its revision is 1.
        annotation: AnnotationId,
        /// Which page, from 0.
        page_index: u32,
        /// SHA-256 of that page's image, so that a mark names what it was drawn on (L10).
        page: Digest,
        /// What was drawn.
        mark: Mark,
    },
    /// A mark was changed.
    AnnotationRevised {
        /// Which one.
        annotation: AnnotationId,
        /// The revision that was read; the new one is one more.
        from_revision: u32,
        /// As it stood.
        before: Mark,
        /// As it stands.
        after: Mark,
    },
    /// A mark was taken away.
    AnnotationRemoved {
        /// Which one.
        annotation: AnnotationId,
        /// The revision that was read.
        from_revision: u32,
        /// As it stood.
        before: Mark,
    },
    /// A question was given its points.
    QuestionScored {
        /// Which question.
        question: QuestionId,
        /// What stood before.
        before: Option<Points>,
        /// What stands now; none takes the score back.
        after: Option<Points>,
    },
    /// A question was given a remark.
    RemarkSet {
        /// Which question.
        question: QuestionId,
        /// What stood before, sealed.
        before: Option<Commitment>,
        /// What stands now, sealed; none takes the remark back.
        after: Option<Commitment>,
    },
    /// The whole copy was given an appreciation.
    AppreciationSet {
        /// What stood before, sealed.
        before: Option<Commitment>,
        /// What stands now, sealed; none takes it back.
        after: Option<Commitment>,
    },
    /// Marking is frozen at a basis, and a worker is to make the final PDF. Ends the lock (L6).
    FinalisationStarted {
        /// From 1; a retry counts on.
        attempt: u32,
        /// What asked for it.
        cause: FinalisationCause,
        /// The sequence of the last event before this one.
        basis_sequence: u64,
        /// The total at that basis.
        total: Points,
        /// The lock that this ends.
        lock: Option<LockId>,
        /// Why an administrator had a failed finalisation tried again, sealed; none where nobody was asked for a reason.
        reason: Option<Commitment>,
    },
    /// The final PDF exists and says what the ledger says.
    CopyGraded {
        /// The attempt that made it.
        attempt: u32,
        /// The basis it was made from.
        basis_sequence: u64,
        /// The total.
        total: Points,
        /// How the total comes about.
        breakdown: Breakdown,
        /// SHA-256 of the final PDF.
        pdf: Digest,
        /// How many pages of the scan stand in it; the score sheet is not counted (L7).
        pages: u32,
        /// From the claim of the work to its end, in milliseconds.
        duration_ms: u64,
    },
    /// The final PDF could not be made.
    FinalisationFailed {
        /// The attempt that failed.
        attempt: u32,
        /// The basis it had.
        basis_sequence: u64,
        /// How far it came.
        stage: WorkStage,
        /// What went wrong.
        error_type: WorkError,
        /// Whether a worker tries again without being asked.
        will_retry: bool,
        /// From the claim of the work to its end, in milliseconds.
        duration_ms: u64,
    },
    /// It is known whose the copy is. The subject is a pseudonym.
    CopyIdentified {
        /// Whose.
        subject: SubjectId,
        /// How it became known.
        method: IdentificationMethod,
    },
    /// What was known of whose the copy is was taken back.
    CopyUnidentified {
        /// Whose it was said to be.
        subject: SubjectId,
        /// Why, sealed.
        reason: Commitment,
    },
    /// The copy is for this grader to mark.
    CopyAssigned {
        /// For whom.
        grader: ActorId,
        /// For whom it was before.
        before: Option<ActorId>,
        /// The dispatch that dealt it out; none where somebody chose.
        run: Option<Uuid>,
    },
    /// The copy is for nobody in particular any more.
    CopyUnassigned {
        /// For whom it was.
        grader: ActorId,
    },
    /// The graded copy was handed out.
    CopyExported {
        /// In which form.
        format: ExportFormat,
        /// SHA-256 of what was handed out.
        sha256: Digest,
    },
    /// A score of a graded copy was corrected; a new finalisation follows in the same append (L12).
    ScoreCorrected {
        /// Which question.
        question: QuestionId,
        /// What stood before.
        before: Option<Points>,
        /// What stands now.
        after: Points,
        /// Why, sealed.
        reason: Commitment,
    },
    /// A graded copy is open to marking again (L12).
    CopyReopened {
        /// Which time of marking begins, from 2.
        cycle: u32,
        /// Why, sealed.
        reason: Commitment,
    },
    /// The copy counts no more. Ends the lock, where one stands.
    CopyVoided {
        /// Why, sealed.
        reason: Commitment,
        /// The copy that stands in its place.
        replaced_by: Option<CopyId>,
        /// The lock that this ends.
        lock: Option<LockId>,
    },
}

/// How it became known whose a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IdentificationMethod {
    /// Somebody read the cover of the copy, or opened its envelope.
    Manual,
    /// A code on the copy was read by a machine.
    Barcode,
    /// A list of anonymous ids and persons.
    Roster,
}

impl IdentificationMethod {
    /// As it stands in events and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "MANUAL",
            Self::Barcode => "BARCODE",
            Self::Roster => "ROSTER",
        }
    }
}

/// What asked for a finalisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FinalisationCause {
    /// A grader finished the copy.
    Requested,
    /// The attempt before failed.
    Retry,
    /// A score was corrected.
    Correction,
}

/// The form in which a graded copy leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExportFormat {
    /// The final PDF.
    Pdf,
    /// Marks and events, as JSON.
    Json,
}
