//! A subject as its events have made it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::Destroyed;
use crate::{ActorId, Commitment, CopyId, HoldId};

/// The most legal holds that stand on a subject at a time.
pub const MAX_HOLDS: usize = 100;

/// The most copies that one erasure destroys: nobody sits so many exams, and the event that names them stays small.
pub const MAX_COPIES: usize = 1_000;

/// A subject: where it stands, and how many events brought it there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// How many events were folded: the sequence of the last one.
    pub sequence: u64,
    /// Where it stands.
    pub state: SubjectState,
}

/// Where a subject stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SubjectState {
    /// No event yet.
    #[default]
    Absent,
    /// A person whom the office knows.
    Known(Person),
    /// Being destroyed.
    Erasing {
        /// The copies that are destroyed with it.
        copies: Vec<CopyId>,
    },
    /// Destroyed.
    Erased {
        /// The copies that were destroyed with it.
        copies: Vec<CopyId>,
        /// How much that was.
        destroyed: Destroyed,
    },
}

/// A person whom the office knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who it is, sealed.
    pub identity: Commitment,
    /// The holds that stand, each with its reason.
    pub holds: BTreeMap<HoldId, Commitment>,
    /// Whether they are to be erased.
    pub erasure: Erasure,
}

/// Whether a person is to be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Erasure {
    /// Nobody asked for it.
    NotWanted,
    /// One admin asked for it.
    Requested {
        /// Who.
        by: ActorId,
        /// Why, sealed.
        reason: Commitment,
    },
    /// Another approved it.
    Approved {
        /// Who had asked.
        requested_by: ActorId,
        /// Who approved.
        approved_by: ActorId,
    },
}

impl SubjectState {
    /// The copies that were or are being destroyed with the subject; none before that begins.
    #[must_use]
    pub fn destroyed_copies(&self) -> Option<&[CopyId]> {
        match self {
            Self::Absent | Self::Known(_) => None,
            Self::Erasing { copies } | Self::Erased { copies, .. } => Some(copies),
        }
    }
}
