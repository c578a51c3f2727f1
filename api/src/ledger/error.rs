//! Why the ledger did not do what it was asked to.

use std::sync::Arc;
use std::time::Duration;

use projections::NewerEvent;

use super::Busy;

/// A failure of the ledger itself, not of what was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database does not answer now.
    #[error("the ledger's database does not answer: {0}")]
    Unavailable(#[source] Arc<sqlx::Error>),
    /// The database refused a statement.
    #[error("the ledger's database refused: {0}")]
    Database(#[source] Arc<sqlx::Error>),
    /// The schema has not what a ledger has.
    #[error("this schema holds no ledger ({0}); run the migrations first")]
    NotALedger(String),
    /// A stream holds an event of a later build: this process is too old for it, and nothing is broken.
    #[error(transparent)]
    TooOld(NewerEvent),
    /// A stream holds an event that no build can read.
    #[error("stream {aggregate_type} {aggregate_id} cannot be folded by this version: {reason}")]
    Unreadable {
        /// The stream's type.
        aggregate_type: &'static str,
        /// The stream's id.
        aggregate_id: String,
        /// What the decoder said.
        reason: String,
    },
    /// One command is more than a batch takes.
    #[error("the command's events take {bytes} bytes; at most {max} are appended at once")]
    TooLarge {
        /// What the events take.
        bytes: usize,
        /// What is allowed.
        max: usize,
    },
    /// An event could not be written as JSON.
    #[error("an event could not be written as JSON: {0}")]
    Encoding(#[source] Arc<serde_json::Error>),
    /// The task that appends is gone: the process is ending.
    #[error("the ledger of this process is closed")]
    Closed,
}

impl From<serde_json::Error> for LedgerError {
    fn from(error: serde_json::Error) -> Self {
        Self::Encoding(Arc::new(error))
    }
}

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        match Trouble::of(&error) {
            Trouble::Refused => Self::Database(Arc::new(error)),
            Trouble::Busy | Trouble::NotDone | Trouble::Unknown => Self::Unavailable(Arc::new(error)),
        }
    }
}

/// Why a command was not carried out.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ExecuteError<E> {
    /// A rule refuses it, as the stream stands at `current_sequence`.
    #[error("{refusal}")]
    Refused {
        /// The rule.
        refusal: E,
        /// The sequence at which it refused.
        current_sequence: u64,
    },
    /// The idempotency key was used for another request (422).
    #[error("this Idempotency-Key was used for another request; use a new key for a new request")]
    KeyReused,
    /// Others were faster, every time (409).
    #[error("the stream changed under this command {decisions} times; read it again and repeat")]
    Conflict {
        /// Where the stream stands now.
        current_sequence: u64,
        /// How often it was decided.
        decisions: u32,
    },
    /// Too much at once, or the database is away (503). Nothing was appended.
    #[error("the ledger is busy ({reason}); try again in {} s", retry_after.as_secs().max(1))]
    Busy {
        /// When to come back.
        retry_after: Duration,
        /// What is busy.
        reason: Busy,
    },
    /// The connection was lost while the command was appended, and its outcome could not be learnt (503). Repeating it with
    /// the same key is safe.
    #[error("the outcome is not known; repeat the request with the same Idempotency-Key to learn it")]
    Unknown {
        /// When to come back.
        retry_after: Duration,
    },
    /// The ledger failed (500).
    #[error(transparent)]
    Ledger(LedgerError),
}

/// What an error of a statement says about the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It waited too long; it was not done.
    Busy,
    /// It was not done, and can be on another connection or later.
    NotDone,
    /// It may have been done: the connection is gone.
    Unknown,
    /// It was not done and will not be: something in it is wrong.
    Refused,
}

impl Trouble {
    /// By SQLSTATE (Postgres manual, appendix A).
    pub(super) fn of(error: &sqlx::Error) -> Self {
        let sqlx::Error::Database(database) = error else {
            return match error {
                sqlx::Error::PoolTimedOut => Self::Busy,
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed => Self::Unknown,
                _ => Self::Refused,
            };
        };
        let code = database.code().unwrap_or_default();
        match code.as_ref() {
            // lock_not_available, query_canceled (statement_timeout).
            "55P03" | "57014" => Self::Busy,
            // read_only_sql_transaction: a primary that became a standby.
            "25006" => Self::NotDone,
            // Connection exceptions; the server is going down, coming up or was told to end the session.
            code if code.starts_with("08") || code.starts_with("57P") => Self::Unknown,
            // Rolled back by the server; out of a resource.
            code if code.starts_with("40") || code.starts_with("53") => Self::NotDone,
            _ => Self::Refused,
        }
    }
}
