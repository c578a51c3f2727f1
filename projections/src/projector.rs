//! What a view is made by: a pure fold from one stream to rows, and how those rows are read and written.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;

use sqlx::PgConnection;

use crate::rows::{RowError, RowSink};
use crate::stream::{RecordedEvent, ReplayError, StreamId, StreamType};
use crate::table::{Table, Tables};

/// The name of a view and the version of its fold. The version stands in the names of its tables, and a
/// checkpoint belongs to it: another fold is another view, that begins at position 0 beside the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ViewName {
    /// As operators call it.
    pub name: &'static str,
    /// From 1.
    pub version: i32,
}

impl fmt::Display for ViewName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_v{}", self.name, self.version)
    }
}

/// The fold of one view.
///
/// The runner, a rebuild and a comparison of a view with its stream all go through [`Projector::fold`], or through
/// [`Projector::fold_out`], which is the same but for where its rows go, so they cannot disagree. Both are synchronous and take
/// nothing but state and event: no clock, no randomness, no I/O.
pub trait Projector: Send + Sync + 'static {
    /// Which view this makes.
    const VIEW: ViewName;
    /// The tables that it writes; derived ones after those that they are derived from.
    const TABLES: &'static [Table];
    /// The kinds of stream that it follows; of others it sees positions only.
    const FOLLOWS: &'static [StreamType];
    /// How much state the runner keeps between batches, in bytes as [`Projector::weight`] counts them. Zero for a
    /// view that reads what it needs from its own rows.
    const HELD_BYTES: usize = 0;

    /// What one stream's events come to. Its default is a stream without events.
    type State: Default + Send + Sync;

    /// Takes in one event of the stream whose state this is. An event of a stream comes once, and in its order.
    ///
    /// # Errors
    /// The event cannot follow on this state; that stops the view.
    fn fold(state: &mut Self::State, event: &RecordedEvent) -> Result<(), FoldError>;

    /// Takes it in as [`Projector::fold`] does, but gives the rows that it adds, and that never change again, to `rows` at once: then
    /// a state does not grow with its stream, and [`Projector::rows`] has none of them. Most views have no such rows.
    ///
    /// # Errors
    /// As [`Projector::fold`]; or the sink cannot write a row.
    fn fold_out(
        state: &mut Self::State,
        event: &RecordedEvent,
        _rows: &mut impl RowSink,
    ) -> Result<(), FoldError> {
        Self::fold(state, event)
    }

    /// Whether an event can change what the view has of its stream. For one that cannot, the runner neither reads nor writes
    /// anything; a rebuild folds it all the same, and comes to the same rows.
    #[must_use]
    fn concerns(_event: &RecordedEvent) -> bool {
        true
    }

    /// How much memory a state takes, in bytes: an estimate, for bounds on how much is held.
    #[must_use]
    fn weight(state: &Self::State) -> usize;

    /// Gives every row that a state stands for to `rows`. What the runner saves, what a rebuild copies in, and what a
    /// comparison holds the live rows to, all comes from here.
    ///
    /// # Errors
    /// The sink cannot write a row.
    fn rows(stream: StreamId, state: &Self::State, rows: &mut impl RowSink) -> Result<(), RowError>;

    /// Reads the states that `events` are folded into, as they stand at `checkpoint`. A stream that is missing from the
    /// answer has its default state.
    fn load(
        connection: &mut PgConnection,
        tables: Tables,
        checkpoint: i64,
        events: &[&RecordedEvent],
    ) -> impl Future<Output = Result<HashMap<StreamId, Self::State>, ReplayError>> + Send;

    /// Writes the states of streams that events were folded into, within the runner's transaction.
    fn save(
        connection: &mut PgConnection,
        tables: Tables,
        changed: &[(StreamId, &Self::State)],
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
}

/// An event that cannot follow on what a view holds: the stream is not what it was, or the fold is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// An event of the stream is missing, or came twice.
    #[error(
        "the view has folded {folded} events of this stream, and this one says that it is number {sequence}"
    )]
    OutOfOrder {
        /// How many were folded.
        folded: u64,
        /// The number of this one.
        sequence: i64,
    },
    /// The event names something that the view does not have.
    #[error("{0} is not in the view")]
    Unknown(String),
    /// What the event says cannot be written down.
    #[error("what the event says cannot be told: {0}")]
    Untold(String),
}
