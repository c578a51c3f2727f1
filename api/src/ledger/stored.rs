//! Aggregates that this ledger stores, and the bounded cache of their states.

use std::sync::Arc;

use cqrs_es::Aggregate;
use domain::Digest;
use domain::copy::ExamCopy;
use domain::exam::Exam;
use domain::operations::Operations;
use domain::subject::Subject;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use uuid::Uuid;

/// An aggregate whose stream this ledger holds.
pub trait Stored:
    Aggregate<Services = (), Command: Send, Event: Send + Sync, Error: Send> + Clone + 'static
{
    /// The sequence of the last event in this state; 0 before the first.
    fn sequence(&self) -> u64;

    #[doc(hidden)]
    fn shelf(shelves: &Shelves) -> &Shelf<Self>;
}

/// A stream's state, and the event that it ends with.
#[derive(Debug)]
pub struct Loaded<A> {
    /// The state.
    pub state: Arc<A>,
    /// The sequence of its last event; 0 for a stream without events.
    pub sequence: u64,
    /// The leaf hash of its last event, or [`Digest::ZERO`].
    pub leaf: Digest,
    /// The position of its last event, or 0.
    pub position: i64,
}

impl<A> Clone for Loaded<A> {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state), ..*self }
    }
}

/// The states of one kind.
#[doc(hidden)]
pub type Shelf<A> = Cache<Uuid, Loaded<A>, ByEvents>;

/// Weighs a state by the events that made it.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct ByEvents;

impl<A> Weighter<Uuid, Loaded<A>> for ByEvents {
    fn weight(&self, _: &Uuid, loaded: &Loaded<A>) -> u64 {
        1 + loaded.sequence
    }
}

/// The cached states of every kind.
#[doc(hidden)]
#[derive(Debug)]
pub struct Shelves {
    copies: Shelf<ExamCopy>,
    exams: Shelf<Exam>,
    operations: Shelf<Operations>,
    subjects: Shelf<Subject>,
}

/// How many events of the operations stream are kept folded. There is one such stream, so this is when it is folded anew.
const OPERATIONS_EVENTS: u64 = 100_000;

/// What a stream is reckoned to hold when the cache is laid out; only its speed depends on it.
const EVENTS_A_STREAM: u64 = 50;

impl Shelves {
    pub(super) fn new(cached_events: u64) -> Self {
        let states = usize::try_from(cached_events / EVENTS_A_STREAM).unwrap_or(usize::MAX);
        Self {
            copies: Cache::with_weighter(states, cached_events, ByEvents),
            // There are some hundred copies to an exam, so a tenth is ample.
            exams: Cache::with_weighter(states / 10, cached_events / 10, ByEvents),
            operations: Cache::with_weighter(1, OPERATIONS_EVENTS, ByEvents),
            // A subject has a handful of events, and is asked for when a copy is identified as theirs.
            subjects: Cache::with_weighter(states / 10, cached_events / 10, ByEvents),
        }
    }
}

impl Stored for ExamCopy {
    fn sequence(&self) -> u64 {
        self.sequence
    }

    fn shelf(shelves: &Shelves) -> &Shelf<Self> {
        &shelves.copies
    }
}

impl Stored for Exam {
    fn sequence(&self) -> u64 {
        self.sequence
    }

    fn shelf(shelves: &Shelves) -> &Shelf<Self> {
        &shelves.exams
    }
}

impl Stored for Operations {
    fn sequence(&self) -> u64 {
        self.sequence
    }

    fn shelf(shelves: &Shelves) -> &Shelf<Self> {
        &shelves.operations
    }
}

impl Stored for Subject {
    fn sequence(&self) -> u64 {
        self.sequence
    }

    fn shelf(shelves: &Shelves) -> &Shelf<Self> {
        &shelves.subjects
    }
}
