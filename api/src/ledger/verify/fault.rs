//! What can be wrong with an event.

use std::fmt;

/// The first thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The position.
    pub position: i64,
    /// What is wrong there.
    pub fault: Fault,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "position {}: {}", self.position, self.fault)
    }
}

/// What can be wrong with an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is no event at this position.
    #[error("there is no event, and later ones are there")]
    Missing,
    /// The ledger ends before this position, and a command says that it recorded it.
    #[error("the ledger ends before it, but a command was answered with it or a later one")]
    LostTail,
    /// The text is not the one that was hashed.
    #[error(
        "payload, metadata, type, version, id, stream or sequence is not what was recorded (content_hash differs)"
    )]
    Content,
    /// The leaf is not that of the content at this place and time.
    #[error(
        "position, recorded_at, epoch or the event before it in its stream is not what was recorded (leaf_hash differs)"
    )]
    Leaf,
    /// The stream's event before this one is not there.
    #[error("event {} of its stream is missing", sequence - 1)]
    BrokenChain {
        /// The event's own sequence.
        sequence: i64,
    },
    /// The stream's event before this one has a later position.
    #[error("the event before it in its stream has the later position {before_position}")]
    ChainOutOfOrder {
        /// That position.
        before_position: i64,
    },
    /// It is older than the event before it.
    #[error("it was recorded before the event at the position before it")]
    RecordedEarlier,
    /// No epoch covers it.
    #[error("no epoch of the ledger covers it")]
    NoEpoch,
}
