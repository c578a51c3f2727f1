//! Why a view was not rebuilt. The live view stands as it stood, whatever the reason.

use std::time::Duration;

use domain::Timestamp;

use crate::rows::RowError;
use crate::stream::NewerEvent;

/// Why a rebuild ended without a swap. Views whose swap was told before are rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// There is no such view.
    #[error("there is no view {name}; there are {known}")]
    NoSuchView {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// Another process is at it.
    #[error(transparent)]
    Held(Box<Holder>),
    /// Another process took it over: this one said nothing for too long.
    #[error(
        "this rebuild said nothing for longer than its lease of {} s, and another process took over; nothing was swapped",
        lease.as_secs()
    )]
    Lost {
        /// How long a lease is.
        lease: Duration,
    },
    /// An event stops it.
    #[error(transparent)]
    Unfoldable(Box<Unfoldable>),
    /// An event is of a later build.
    #[error(transparent)]
    Newer(#[from] NewerEvent),
    /// The count of events is not what it must be.
    #[error(
        "the rebuild of {view} is not complete, and was not swapped in: {folded} events folded up to position {position}, \
         {counted} there; run `gradeledger verify`"
    )]
    Incomplete {
        /// Of which view.
        view: String,
        /// How many events were folded.
        folded: i64,
        /// The position up to which.
        position: i64,
        /// How many there are up to it.
        counted: i64,
    },
    /// Events of streams that this build does not know.
    #[error(
        "{events} events are of kinds of stream that this version does not know; rebuild with the version that wrote them"
    )]
    UnknownStreams {
        /// How many.
        events: i64,
    },
    /// The tables could not be had for the swap.
    #[error(
        "the view {view} is read by long statements, or vacuumed, all the time: {tries} tries to swap it in did not get its \
         tables. End those statements (pg_stat_activity tells them), and rebuild again"
    )]
    InUse {
        /// Which view.
        view: String,
        /// How often it was tried.
        tries: u32,
    },
    /// Appends come faster than they are folded.
    #[error(
        "the view {view} does not catch up with the head: after {rounds} rounds it is still {behind} events behind"
    )]
    NeverThere {
        /// Which view.
        view: String,
        /// How often it was tried.
        rounds: u32,
        /// How far it is behind.
        behind: i64,
    },
    /// One stream alone, or a few together, are larger than the workers may hold.
    #[error(
        "the streams of one share do not fit into {bytes} bytes, however many shares are made; give the rebuild more memory (`rebuild.memory_bytes`)"
    )]
    TooLarge {
        /// What all workers together may hold.
        bytes: usize,
    },
    /// A row cannot be written.
    #[error("a row of {view} cannot be written: {source}")]
    Row {
        /// Of which view.
        view: String,
        /// Why.
        source: RowError,
    },
    /// The database did not answer, or refuses.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Who is rebuilding a view.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{view} is being rebuilt by {holder} (Postgres session {backend_pid}) since {began_at}: {phase}, {events} of {target} \
     events; wait for it, or end that process"
)]
pub struct Holder {
    /// Which view.
    pub view: String,
    /// The version of its fold.
    pub version: i32,
    /// The process, as it names itself.
    pub holder: String,
    /// Its session of Postgres.
    pub backend_pid: i32,
    /// Since when.
    pub began_at: Timestamp,
    /// What it is at.
    pub phase: String,
    /// How many events it has folded.
    pub events: i64,
    /// Of how many.
    pub target: i64,
}

/// An event that stops a rebuild, as it would stop the view.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{view} cannot be rebuilt over the event at position {position} ({event_type} of {stream}): {cause}")]
pub struct Unfoldable {
    /// Which view.
    pub view: String,
    /// Where the event stands.
    pub position: i64,
    /// Its stream; empty where there is no event at the position.
    pub stream: String,
    /// Its type; empty where there is no event at the position.
    pub event_type: String,
    /// Why.
    pub cause: String,
}
