//! A copy as it stood: its own events up to a moment, folded by the very folds of the views.
//!
//! Architecture invariant: nothing is kept for this. No snapshot and no row of a view is read, so an answer about the
//! past needs the ledger's events alone, is never behind, and costs in proportion to the one copy. What a view shows
//! of a copy after its n-th event is what this shows of it at sequence n: they are one fold.

mod change;
mod change_words;
mod moment;
mod read;
mod sentence;
mod words;

use domain::copy::CopyEvent;
use domain::{CopyId, Points, Timestamp};
use uuid::Uuid;

use crate::fold::fold;
use crate::stream::{LedgerEvent, RecordedEvent};
use crate::views::annotations::{AnnotationRow, Annotations, CopyAnnotations};
use crate::views::copies::{Copies, CopyRow, CopyStanding};
use crate::views::copy_locks::{CopyLocks, LockRow};

pub use change::{Change, Differs, changes};
pub use change_words::words_of as words_of_change;
pub use moment::{HistoryError, Moment, NoMoment};
pub use read::{Then, as_of, between, walk};
pub use sentence::{Piece, Sentence};
pub use words::words_of as words_of_event;

/// A copy as its first events made it: what the views `copies`, `annotations` and `copy_locks` hold of it.
#[derive(Debug, Default)]
pub struct CopyThen {
    copy: CopyStanding,
    annotations: CopyAnnotations,
    lock: Option<LockRow>,
    last: Option<LastEvent>,
}

/// The last event that a state takes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastEvent {
    /// Its place in the copy's history, from 1: also how many events were folded.
    pub sequence: u64,
    /// Its place in the whole ledger, from 1.
    pub position: i64,
    /// When it was recorded, by Postgres's clock.
    pub recorded_at: Timestamp,
    /// What happened.
    pub event_type: &'static str,
    /// Its own id.
    pub event_id: Uuid,
}

impl CopyThen {
    /// Takes in the next event of the copy.
    ///
    /// # Errors
    /// Why the event cannot follow on what was folded. The state must not be used after it.
    pub fn fold(&mut self, recorded: &RecordedEvent) -> Result<(), String> {
        fold::<Copies>(&mut self.copy, recorded)?;
        fold::<Annotations>(&mut self.annotations, recorded)?;
        fold::<CopyLocks>(&mut self.lock, recorded)?;
        if let LedgerEvent::Copy(event) = &recorded.event {
            self.last = Some(last(recorded, event));
        }
        Ok(())
    }

    /// The copy as its view would have it; none before its first event.
    #[must_use]
    pub fn row(&self, copy: CopyId) -> Option<CopyRow> {
        self.copy.row(copy)
    }

    /// The annotations that stand, by their numbers.
    #[must_use]
    pub fn annotations(&self) -> Vec<&AnnotationRow> {
        let mut standing: Vec<_> =
            self.annotations.known().filter(|annotation| annotation.removed_at.is_none()).collect();
        standing.sort_unstable_by_key(|annotation| annotation.number);
        standing
    }

    /// The lock that no event has ended, lapsed or not.
    #[must_use]
    pub const fn lock(&self) -> Option<&LockRow> {
        self.lock.as_ref()
    }

    /// The last event taken in; none before the first.
    #[must_use]
    pub const fn last(&self) -> Option<LastEvent> {
        self.last
    }

    /// The total as marked so far; none while the copy has no marking.
    #[must_use]
    pub fn total(&self) -> Option<Points> {
        self.copy.total()
    }

    /// The annotations that ever stood, the removed ones too: what words about an event of theirs are made of.
    fn known(&self) -> &CopyAnnotations {
        &self.annotations
    }
}

fn last(recorded: &RecordedEvent, event: &CopyEvent) -> LastEvent {
    LastEvent {
        sequence: u64::try_from(recorded.sequence).unwrap_or_default(),
        position: recorded.position,
        recorded_at: recorded.recorded_at,
        event_type: event.type_name(),
        event_id: recorded.event_id,
    }
}
