//! What the append path shows to whoever watches it, for the figures.

use std::fmt;
use std::time::Duration;

use super::{ExecuteError, LedgerError};

/// Called by the tasks that decide and append, so it must not wait.
pub(super) type Watcher = Box<dyn Fn(AppendSeen) + Send + Sync>;

/// Something that happened on the append path.
#[derive(Clone, Copy, Debug)]
pub enum AppendSeen {
    /// A batch was committed.
    Batch(BatchSeen),
    /// A command was decided on a stream that another process had gone on with; it is decided again.
    Overtaken,
    /// The connection that appends was lost under a batch; the batch is sent again.
    ConnectionLost,
    /// A command was not carried out, though no rule refused it.
    NotAppended(NotAppended),
}

/// A batch that was committed.
#[derive(Clone, Copy, Debug)]
pub struct BatchSeen {
    /// How many commands it held, the refused ones counted.
    pub commands: usize,
    /// How many events it added.
    pub events: usize,
    /// From the batch being closed to its answer.
    pub duration: Duration,
}

/// What is busy where a command is told to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Busy {
    /// As many commands are in flight as may be.
    InFlight,
    /// Too many commands wait for one stream.
    Stream,
    /// The queue of the task that appends is full.
    Queue,
    /// Somebody holds the lock of the head.
    AppendLock,
    /// The database does not answer.
    Database,
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InFlight => "too many commands are in flight",
            Self::Stream => "too many commands wait for this stream",
            Self::Queue => "the queue is full",
            Self::AppendLock => "the append lock is held",
            Self::Database => "the database is away",
        })
    }
}

/// Why a command was not carried out, though no rule refused it: the closed set that the figures know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotAppended {
    /// Something is busy.
    Busy(Busy),
    /// The connection was lost, and whether it was appended could not be learnt.
    OutcomeUnknown,
    /// Others were faster, every time.
    Conflict,
    /// Its events are more than a batch takes.
    TooLarge,
    /// This process is older than what the stream holds.
    ProcessTooOld,
    /// The ledger failed otherwise.
    Failed,
}

impl NotAppended {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Busy(Busy::InFlight),
        Self::Busy(Busy::Stream),
        Self::Busy(Busy::Queue),
        Self::Busy(Busy::AppendLock),
        Self::Busy(Busy::Database),
        Self::OutcomeUnknown,
        Self::Conflict,
        Self::TooLarge,
        Self::ProcessTooOld,
        Self::Failed,
    ];

    /// As it stands in the figures.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Busy(Busy::InFlight) => "in_flight",
            Self::Busy(Busy::Stream) => "stream_busy",
            Self::Busy(Busy::Queue) => "queue_full",
            Self::Busy(Busy::AppendLock) => "append_lock",
            Self::Busy(Busy::Database) => "database_away",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Conflict => "conflict",
            Self::TooLarge => "too_large",
            Self::ProcessTooOld => "process_too_old",
            Self::Failed => "failed",
        }
    }

    /// None where a rule refused, or a key was used twice: those are the client's, and answered as such.
    pub(super) fn of<E>(error: &ExecuteError<E>) -> Option<Self> {
        match error {
            ExecuteError::Refused { .. } | ExecuteError::KeyReused => None,
            ExecuteError::Busy { reason, .. } => Some(Self::Busy(*reason)),
            ExecuteError::Unknown { .. } => Some(Self::OutcomeUnknown),
            ExecuteError::Conflict { .. } => Some(Self::Conflict),
            ExecuteError::Ledger(error) => Some(match error {
                LedgerError::Unavailable(_) => Self::Busy(Busy::Database),
                LedgerError::TooLarge { .. } => Self::TooLarge,
                LedgerError::TooOld(_) => Self::ProcessTooOld,
                LedgerError::Database(_)
                | LedgerError::NotALedger(_)
                | LedgerError::Unreadable { .. }
                | LedgerError::Encoding(_)
                | LedgerError::Closed => Self::Failed,
            }),
        }
    }
}
