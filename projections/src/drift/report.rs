//! What a look at a ledger tells, and what it comes to.

use domain::Reader;

use crate::drift::Finding;
use crate::projector::ViewName;
use crate::stream::{ReplayError, StreamId};

/// What is told while streams are looked at.
#[derive(Debug)]
pub enum DriftNews<'a> {
    /// So many more streams, with so many events, were looked at.
    Looked {
        /// Streams.
        streams: usize,
        /// Their events.
        events: u64,
    },
    /// Rows and events differ.
    Found(&'a Finding),
    /// The rows of these streams were written anew.
    Repaired {
        /// In which view.
        view: ViewName,
        /// Whose rows; empty where it was a derived table.
        streams: &'a [StreamId],
    },
}

/// What a look came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriftSummary {
    /// Streams that were folded.
    pub streams: u64,
    /// Events that were folded.
    pub events: u64,
    /// By view.
    pub views: Vec<ViewDrift>,
}

/// What a look at one view came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewDrift {
    /// Which view.
    pub view: ViewName,
    /// The position as of which its rows were looked at last.
    pub position: i64,
    /// The ledger's last position then.
    pub head: i64,
    /// Whether an event stops the view.
    pub stopped: bool,
    /// The reader that it takes to fold it again, where this process is too old to: then nothing was compared.
    pub needs_reader: Option<Reader>,
    /// Streams that differ.
    pub streams: u64,
    /// Rows that differ.
    pub rows: u64,
    /// Streams whose rows were written anew.
    pub repaired: u64,
}

impl DriftSummary {
    /// Whether every row that was looked at was what the events come to.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.views.iter().all(|view| view.rows == 0 && view.streams == 0)
    }

    /// Whether every view could be looked at: this process is not too old for one.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.views.iter().all(|view| view.needs_reader.is_none())
    }
}

/// Why a look did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum DriftError {
    /// The view's tables could not be locked for a repair.
    #[error(
        "the view {view} is being written by something that does not end, so nothing more was repaired; \
         `gradeledger status` says what holds it"
    )]
    InUse {
        /// Which view.
        view: ViewName,
    },
    /// An event of a stream that is to be repaired can be folded no more.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The database did not answer, or refuses a row.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}
