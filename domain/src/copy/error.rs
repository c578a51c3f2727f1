//! Why a copy refuses a command.

use super::state::CopyStatus;
use crate::{ActorId, AnnotationId, Digest, Points, QuestionId, Timestamp};

/// Why a copy refuses a command. The texts are for the person at the other end and say what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// There is no such copy.
    #[error("there is no such copy")]
    Absent,
    /// The anonymous id is taken in this exam.
    #[error("this exam already has a copy with this anonymous id; import it under another one")]
    AnonymousIdTaken,
    /// Voided copies accept nothing.
    #[error("the copy was voided and accepts nothing more")]
    Voided,
    /// The transition is not one of the table (L11).
    #[error("a copy in status {status} does not accept this; it needs {needs}")]
    WrongStatus {
        /// Where the copy stands.
        status: CopyStatus,
        /// Where it would have to stand.
        needs: &'static str,
    },
    /// It is another's already.
    #[error("the copy is identified as another subject's already; take that back first, with a reason")]
    IdentifiedAlready,
    /// Nobody has said whose it is.
    #[error("the copy is not identified; there is nothing to take back")]
    NotIdentified,
    /// It is for nobody in particular.
    #[error("the copy is not assigned to anyone; there is nothing to take back")]
    NotAssigned,
    /// The import is not done.
    #[error("the copy's pages are not there: its import is {0}")]
    NotImported(&'static str),
    /// Work that goes on needs nobody to ask for it again.
    #[error(
        "the {work} of this copy is still being tried (attempt {attempt}), so there is nothing to retry; where it does not \
         move, `gradeledger status` shows whether a worker runs"
    )]
    StillTried {
        /// Which work.
        work: &'static str,
        /// The attempt that runs or comes next.
        attempt: u32,
    },
    /// Work that is done is not done again.
    #[error("the {work} of this copy is done; there is nothing to retry")]
    NothingToRetry {
        /// Which work.
        work: &'static str,
    },
    /// A worker reports about an attempt that is not the current one.
    #[error("attempt {reported} is over; the copy is at attempt {current}")]
    AttemptOver {
        /// What the worker reports about.
        reported: u32,
        /// Where the copy is.
        current: u32,
    },
    /// An import without a page is no import.
    #[error("an import records at least one page")]
    NoPages,
    /// More pages than a copy has (L17).
    #[error("the import has {pages} pages, a copy has at most {max}; split the scan")]
    TooManyPages {
        /// How many came.
        pages: usize,
        /// How many there may be.
        max: usize,
    },
    /// A page without an area.
    #[error("page {page_index} has no area")]
    EmptyPage {
        /// Which page, from 0.
        page_index: usize,
    },
    /// A renderer or warning that is no label: an event holds no free text.
    #[error("{what} of an import takes 1 to {max} printable ASCII characters")]
    NotALabel {
        /// Which field.
        what: &'static str,
        /// The most characters.
        max: usize,
    },
    /// More warnings than an event should hold.
    #[error("an import records at most {0} warnings")]
    TooManyWarnings(usize),
    /// A lock conflict.
    #[error(transparent)]
    Lock(#[from] LockConflict),
    /// There is no lock to take away.
    #[error("this copy has no lock: it is in status {status}, and there is nothing to release")]
    NoLock {
        /// Where the copy stands.
        status: CopyStatus,
    },
    /// A lease is too short or too long.
    #[error("ttl_seconds is from {min} to {max}")]
    Ttl {
        /// The shortest, in seconds.
        min: u32,
        /// The longest, in seconds.
        max: u32,
    },
    /// The lease still runs.
    #[error("the lock is held until {0} and has not expired")]
    NotExpired(Timestamp),
    /// The copy has no such page.
    #[error("the copy has {pages} pages, numbered from 0; there is no page {page_index}")]
    NoSuchPage {
        /// What was asked for.
        page_index: u32,
        /// How many there are.
        pages: usize,
    },
    /// The box leaves the page (L18).
    #[error("the box leaves the page: x + width and y + height are at most 1, width and height above 0")]
    BoxOutsidePage,
    /// The points are absurd.
    #[error("an annotation's points lie within ±1000")]
    PointsOutOfRange,
    /// Too many annotations.
    #[error("a copy takes at most {0} annotations")]
    TooManyAnnotations(u32),
    /// The copy has no such annotation.
    #[error("the copy has no annotation {0}")]
    NoSuchAnnotation(AnnotationId),
    /// The id of a new annotation was given before, to one that stands or one that was removed.
    #[error("annotation id {0} was given before in this copy; make a new one")]
    AnnotationExists(AnnotationId),
    /// The annotation was changed since the caller read it.
    #[error("the annotation is at revision {current}, not {named}; read it again and repeat")]
    StaleRevision {
        /// What the caller named.
        named: u32,
        /// What it is.
        current: u32,
    },
    /// The pinned scheme has no such question (L9).
    #[error("the scheme of this copy has no question {0}")]
    NoSuchQuestion(QuestionId),
    /// More than the question takes (L9).
    #[error("question {question} takes from 0 to {maximum} points")]
    OutsideScheme {
        /// Which question.
        question: QuestionId,
        /// The most it takes.
        maximum: Points,
    },
    /// A correction that changes nothing.
    #[error("question {question} already has {points} points; there is nothing to correct")]
    NothingToCorrect {
        /// Which question.
        question: QuestionId,
        /// What it has.
        points: Points,
    },
    /// The scheme is not one.
    #[error(transparent)]
    Scheme(#[from] crate::scheme::InvalidScheme),
    /// The PDF was drawn from another basis (L6).
    #[error("the final PDF was drawn from sequence {drawn}, the finalisation froze {basis}")]
    OtherBasis {
        /// What was drawn.
        drawn: u64,
        /// What was frozen.
        basis: u64,
    },
    /// The PDF has not every page (L7).
    #[error("the final PDF has {drawn} of the copy's {imported} pages")]
    MissingPages {
        /// How many pages it has.
        drawn: u32,
        /// How many there are.
        imported: usize,
    },
    /// What was handed out is not the final PDF of the ledger (L7).
    #[error("the exported PDF is not the copy's final PDF {graded}; export that one")]
    NotTheFinalPdf {
        /// SHA-256 of the final PDF.
        graded: Digest,
    },
    /// A copy cannot stand in its own place.
    #[error("a copy cannot be replaced by itself; name another copy, or none")]
    ReplacedByItself,
    /// The PDF's digest is missing (L7).
    #[error("a graded copy needs the SHA-256 of its final PDF")]
    NoPdf,
}

/// The ways in which a lock can stand against a command; the label values of `grading_lock_conflicts_total`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockConflict {
    /// Another grader has the copy.
    #[error("the copy is locked by another grader until {expires_at}")]
    AlreadyLocked {
        /// Whose lock it is.
        owner: ActorId,
        /// When it ends.
        expires_at: Timestamp,
    },
    /// The lease that was shown ran out.
    #[error("your lock has expired; lock the copy again")]
    Expired,
    /// The token that was shown is not the lock's.
    #[error("the X-Lock-Token is not that of the copy's lock; lock the copy again")]
    TokenMismatch,
    /// The lock is someone else's.
    #[error("the copy's lock belongs to another grader")]
    OwnerMismatch,
    /// There is no lock, or none was shown.
    #[error("this needs the copy's lock: lock the copy and send its token as X-Lock-Token")]
    Missing,
    /// The copy is finished.
    #[error("the copy is graded; a correction or reopening, with a reason, is the way to change it")]
    AlreadyGraded,
}

impl LockConflict {
    /// Every label value, so that each metric is there from the start.
    pub const LABELS: [&'static str; 6] =
        ["already_locked", "expired", "token_mismatch", "owner_mismatch", "missing", "already_graded"];

    /// The label value of this conflict.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::AlreadyLocked { .. } => "already_locked",
            Self::Expired => "expired",
            Self::TokenMismatch => "token_mismatch",
            Self::OwnerMismatch => "owner_mismatch",
            Self::Missing => "missing",
            Self::AlreadyGraded => "already_graded",
        }
    }
}

impl std::fmt::Display for CopyStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
