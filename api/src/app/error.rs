//! Why a use case did not do what it was asked for.

use std::error::Error;
use std::time::Duration;

use ::projections::history::HistoryError;
use ::projections::{Lag, NewerEvent, ReplayError};
use domain::copy::CopyError;
use domain::exam::ExamError;
use domain::operations::OperationsError;
use domain::subject::SubjectError;
use uuid::Uuid;

use super::answers::page_box::InvalidBox;
use super::places::OtherEpoch;
use super::projections::ViewError;
use crate::blobs::BlobError;
use crate::ledger::{ExecuteError, LedgerError};
use crate::vault::VaultError;

/// Why a use case did not do what it was asked for. The texts are for the caller and say what to do.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A copy's rule refuses.
    #[error("{error}")]
    Copy {
        /// Which rule.
        #[source]
        error: CopyError,
        /// Sequence of the copy's last event.
        current_sequence: u64,
    },
    /// An exam's rule refuses.
    #[error("{error}")]
    Exam {
        /// Which rule.
        #[source]
        error: ExamError,
        /// Sequence of the exam's last event.
        current_sequence: u64,
    },
    /// A rule of what operators do refuses.
    #[error("{error}")]
    Operations {
        /// Which rule.
        #[source]
        error: OperationsError,
        /// Sequence of the last act.
        current_sequence: u64,
    },
    /// A subject's rule refuses.
    #[error("{error}")]
    Subject {
        /// Which rule.
        #[source]
        error: SubjectError,
        /// Sequence of the subject's last event.
        current_sequence: u64,
    },
    /// A view stands otherwise than what was asked needs.
    #[error(transparent)]
    View(#[from] ViewError),
    /// Not there, or not for this grader: which of them is not said.
    #[error(
        "there is no such {0} among those that you mark; the exam's lead enrols graders and assigns copies"
    )]
    NotYours(&'static str),
    /// What an admin may and the lead of an exam may not.
    #[error("only an admin says who leads an exam")]
    AdminsOnly,
    /// What the lead of an exam may and its other graders may not.
    #[error("only the lead of this exam, or an admin, may do this")]
    LeadsOnly,
    /// There is no such thing.
    #[error("there is no such {0}")]
    NoSuch(&'static str),
    /// Only what is there can be read: pages before the import is done, a final PDF before grading.
    #[error("{detail}")]
    NotThere {
        /// The stable word for it.
        code: &'static str,
        /// What to do.
        detail: &'static str,
        /// Sequence of the copy's last event.
        current_sequence: u64,
    },
    /// The box lies outside the page.
    #[error(transparent)]
    Box(#[from] InvalidBox),
    /// A value breaks a rule of form.
    #[error("{detail}")]
    Form {
        /// The stable word for it.
        code: &'static str,
        /// What to do.
        detail: String,
    },
    /// Well formed, and yet not to be done.
    #[error("{detail}")]
    Unprocessable {
        /// The stable word for it.
        code: &'static str,
        /// What to do.
        detail: String,
    },
    /// The bytes were erased, or were never there.
    #[error("the {0} is gone: it was erased")]
    Erased(&'static str),
    /// The same key came with another body.
    #[error("this Idempotency-Key was used with another request; use a new one")]
    KeyReused,
    /// The stream moved on at every try.
    #[error("others keep changing this; read it again and repeat")]
    Conflict {
        /// Sequence of the stream's last event.
        current_sequence: u64,
    },
    /// Too much to do.
    #[error("the ledger is busy; repeat after the time that Retry-After names")]
    Busy {
        /// When to come back.
        retry_after: Duration,
    },
    /// The connection was lost at the wrong moment.
    #[error("the outcome is not known; repeat the request with the same Idempotency-Key to learn it")]
    OutcomeUnknown {
        /// When to come back.
        retry_after: Duration,
    },
    /// Something that this needs does not answer.
    #[error("the service cannot do this just now; repeat after the time that Retry-After names")]
    Unavailable {
        /// When to come back.
        retry_after: Duration,
        /// What happened.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A process of a later build has written what this one cannot read.
    #[error("this process is older than the ledger, and cannot read what this is about; upgrade it")]
    ProcessTooOld {
        /// When to come back: by then another process may answer.
        retry_after: Duration,
        /// What it cannot read.
        #[source]
        newer: NewerEvent,
    },
    /// Every place for a stream of events is taken.
    #[error(
        "{most} streams of events are open here already; come back after the time that Retry-After names"
    )]
    TooManyStreams {
        /// How many there are.
        most: usize,
        /// When to come back.
        retry_after: Duration,
    },
    /// A view has not reached what the caller has seen.
    #[error("{0}; read again")]
    Behind(#[source] Lag),
    /// A cursor of a list of a history that is no more.
    #[error(
        "this cursor is of an epoch of the ledger that has ended; ask for the first page again, without it"
    )]
    OldCursor {
        /// The ledger's epoch now.
        epoch: Uuid,
    },
    /// A position of a history that is no more.
    #[error(transparent)]
    OtherEpoch(#[from] OtherEpoch),
    /// A position that the ledger never gave in the history that it tells.
    #[error(
        "this {what} names position {sent}, and the ledger ends at {head}: it was restored from an older backup, or this is \
         another ledger; begin again without it"
    )]
    PastHead {
        /// What it came as.
        what: &'static str,
        /// The position that was sent.
        sent: i64,
        /// The position of the ledger's last event.
        head: i64,
    },
    /// A moment of a copy's history that cannot be shown.
    #[error(transparent)]
    History(HistoryError),
    /// Our own fault.
    #[error("internal")]
    Internal(#[source] Box<dyn Error + Send + Sync>),
}

impl AppError {
    /// Our own fault, with what happened.
    pub(crate) fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    pub(crate) fn unprocessable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Unprocessable { code, detail: detail.into() }
    }

    pub(crate) fn form(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Form { code, detail: detail.into() }
    }
}

/// How long a caller is told to wait where a database does not answer.
const DATABASE_RETRY_AFTER: Duration = Duration::from_secs(1);

/// How long a caller is told to wait for a process that is not too old: a rolling upgrade takes its time.
const UPGRADE_RETRY_AFTER: Duration = Duration::from_secs(10);

impl From<NewerEvent> for AppError {
    fn from(newer: NewerEvent) -> Self {
        Self::ProcessTooOld { retry_after: UPGRADE_RETRY_AFTER, newer }
    }
}

impl From<LedgerError> for AppError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Unavailable(_) | LedgerError::Closed => {
                Self::Unavailable { retry_after: DATABASE_RETRY_AFTER, source: error.into() }
            }
            LedgerError::TooOld(newer) => newer.into(),
            error => Self::internal(error),
        }
    }
}

impl From<sqlx::Error> for AppError {
    fn from(error: sqlx::Error) -> Self {
        LedgerError::from(error).into()
    }
}

impl From<VaultError> for AppError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Database(error) => error.into(),
            VaultError::Erased => Self::Erased("personal data that this is about"),
            error => Self::internal(error),
        }
    }
}

impl From<HistoryError> for AppError {
    fn from(error: HistoryError) -> Self {
        match error {
            HistoryError::Replay(ReplayError::Database(error)) => error.into(),
            HistoryError::Replay(ReplayError::Newer(newer)) => newer.into(),
            // Damage is ours to look at; `gradeledger history` says where it is.
            error @ (HistoryError::Fold { .. } | HistoryError::Replay(ReplayError::Unreadable { .. })) => {
                Self::internal(error)
            }
            error => Self::History(error),
        }
    }
}

impl From<BlobError> for AppError {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Vault(error) => error.into(),
            error => Self::internal(error),
        }
    }
}

impl<E: Refusal> From<ExecuteError<E>> for AppError {
    fn from(error: ExecuteError<E>) -> Self {
        match error {
            ExecuteError::Refused { refusal, current_sequence } => refusal.at(current_sequence),
            ExecuteError::KeyReused => Self::KeyReused,
            ExecuteError::Conflict { current_sequence, .. } => Self::Conflict { current_sequence },
            ExecuteError::Busy { retry_after, .. } => Self::Busy { retry_after },
            ExecuteError::Unknown { retry_after } => Self::OutcomeUnknown { retry_after },
            ExecuteError::Ledger(error) => error.into(),
        }
    }
}

/// An aggregate's refusal as an error of the application.
pub(super) trait Refusal {
    fn at(self, current_sequence: u64) -> AppError;
}

impl Refusal for CopyError {
    fn at(self, current_sequence: u64) -> AppError {
        AppError::Copy { error: self, current_sequence }
    }
}

impl Refusal for ExamError {
    fn at(self, current_sequence: u64) -> AppError {
        AppError::Exam { error: self, current_sequence }
    }
}

impl Refusal for SubjectError {
    fn at(self, current_sequence: u64) -> AppError {
        AppError::Subject { error: self, current_sequence }
    }
}

impl Refusal for OperationsError {
    fn at(self, current_sequence: u64) -> AppError {
        AppError::Operations { error: self, current_sequence }
    }
}
