//! How far a rebuild is, for whoever watches it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What a rebuild is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RebuildPhase {
    /// It folds the events that were there when it began.
    #[default]
    Folding,
    /// It makes the indexes of the new tables.
    Indexing,
    /// It folds what was appended since, and puts the new tables in the place of the old ones.
    CatchingUp,
}

impl RebuildPhase {
    const ALL: [Self; 3] = [Self::Folding, Self::Indexing, Self::CatchingUp];

    /// As a program reads it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Folding => "folding",
            Self::Indexing => "indexing",
            Self::CatchingUp => "catching_up",
        }
    }
}

/// What a rebuild tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RebuildNews {
    /// How far it is.
    Progress {
        /// What it is at.
        phase: RebuildPhase,
        /// Events folded so far.
        events: i64,
        /// How many there were when it began.
        target: i64,
    },
    /// Readers hold the tables of a view; they go on, and it is tried again.
    Waiting {
        /// Which view.
        view: String,
        /// How often it was tried.
        tries: u32,
    },
    /// A view was swapped in.
    Swapped(Proof),
}

/// That a rebuilt view is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Which view.
    pub view: String,
    /// The version of its fold.
    pub version: i32,
    /// How many events it was folded from, those of streams that it passes over included.
    pub events: i64,
    /// The position of the last of them: the head at the swap. It is `events`, since positions have no gaps.
    pub position: i64,
    /// How long the swap held its tables.
    pub held: Duration,
}

/// What the parts of a rebuild write, and its heart reads.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) folded: AtomicI64,
    pub(super) target: AtomicI64,
    phase: AtomicU8,
    news: Mutex<VecDeque<RebuildNews>>,
}

impl Progress {
    pub(super) fn enter(&self, phase: RebuildPhase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    pub(super) fn phase(&self) -> RebuildPhase {
        let phase = usize::from(self.phase.load(Ordering::Relaxed));
        RebuildPhase::ALL.get(phase).copied().unwrap_or_default()
    }

    pub(super) fn tell(&self, news: RebuildNews) {
        self.news.lock().unwrap_or_else(PoisonError::into_inner).push_back(news);
    }

    /// Hands what was told to `tell`, and how far it is.
    pub(super) fn pass_on(&self, tell: &mut (dyn FnMut(RebuildNews) + Send)) {
        let told = std::mem::take(&mut *self.news.lock().unwrap_or_else(PoisonError::into_inner));
        told.into_iter().for_each(&mut *tell);
        tell(RebuildNews::Progress {
            phase: self.phase(),
            events: self.folded.load(Ordering::Relaxed),
            target: self.target.load(Ordering::Relaxed),
        });
    }
}
