//! When a copy is asked about, and why there is no answer.

use std::str::FromStr;

use domain::Timestamp;

use crate::stream::ReplayError;

/// A moment of a copy's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// After its last event, now.
    Now,
    /// After the event with this number in the copy's own stream, from 1.
    Sequence(u64),
    /// At this place of the whole ledger, from 1.
    Position(i64),
    /// At this instant of Postgres's clock, that instant included.
    At(Timestamp),
}

/// A text that names no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a moment is a sequence of the copy, from 1, or an instant in UTC such as 2026-05-18T08:30:00Z")]
pub struct NoMoment;

impl FromStr for Moment {
    type Err = NoMoment;

    /// Reads a sequence or an instant.
    fn from_str(text: &str) -> Result<Self, NoMoment> {
        let sequence = text.parse().ok().filter(|sequence| *sequence > 0).map(Self::Sequence);
        sequence.or_else(|| text.parse().ok().map(Self::At)).ok_or(NoMoment)
    }
}

/// Why a moment of a copy's history cannot be shown. The texts say what to ask instead.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// Nothing was ever recorded of it.
    #[error("there is no such copy")]
    NoSuchCopy,
    /// Sequences are counted from 1.
    #[error("a copy's events are numbered from 1; ask for sequence 1 or later")]
    SequenceZero,
    /// The copy has fewer events.
    #[error("this copy has {last} events, so there is no sequence {asked}; ask for 1 to {last}")]
    NoSuchSequence {
        /// What was asked for.
        asked: u64,
        /// How many events there are.
        last: u64,
    },
    /// The ledger has given no such position yet, or in another history only.
    #[error("the ledger ends at position {head}, so it has no position {asked}; ask for {head} or earlier")]
    PastHead {
        /// What was asked for.
        asked: i64,
        /// The ledger's last position.
        head: i64,
    },
    /// The instant is yet to come.
    #[error("it is {now} by the ledger's clock, and what comes later is not known; ask for then or earlier")]
    InTheFuture {
        /// The ledger's clock.
        now: Timestamp,
    },
    /// The copy was not there yet.
    #[error("this copy began at {began_at} (position {position}); ask for then or later")]
    BeforeBeginning {
        /// When its first event was recorded.
        began_at: Timestamp,
        /// That event's place in the ledger.
        position: i64,
    },
    /// The end of a stretch lies before its beginning.
    #[error("the stretch from sequence {from} to {to} runs backwards; name the earlier moment first")]
    Backwards {
        /// Where it was to begin.
        from: u64,
        /// Where it was to end.
        to: u64,
    },
    /// More events than one answer may read.
    #[error(
        "the copy has {events} events up to there and one answer reads at most {most}; ask for an earlier moment, or \
         raise the limit history.events"
    )]
    TooLong {
        /// How many there are.
        events: u64,
        /// How many may be read.
        most: u32,
    },
    /// An event cannot follow on those before it.
    #[error("the event at position {position} cannot follow on those before it: {cause}")]
    Fold {
        /// Where it stands.
        position: i64,
        /// Why.
        cause: String,
    },
    /// An event cannot be read, or the database did not answer.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

impl From<sqlx::Error> for HistoryError {
    fn from(error: sqlx::Error) -> Self {
        Self::Replay(error.into())
    }
}
