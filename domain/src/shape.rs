//! Which shapes of events a build can read: what tells an older process that the ledger has outgrown it.
//!
//! A shape is an event type in one of its versions. Every build has a reader number; a shape that is new in a build raises
//! that number, and names it. A process that meets a shape of a later reader knows that it is too old, and that nothing is
//! broken. The table `event_shapes` holds the same list for processes that are older than this file.

use cqrs_es::Aggregate;

use crate::copy::{CopyEvent, ExamCopy};
use crate::exam::{Exam, ExamEvent};
use crate::operations::{Operations, OperationsEvent};
use crate::subject::{Subject, SubjectEvent};

/// The reader number of this build.
pub const READER: i32 = 5;

/// An event type in one of its versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shape {
    /// The sort of stream, as it stands in `aggregate_type`.
    pub aggregate_type: &'static str,
    /// As it stands in `event_type`.
    pub event_type: &'static str,
    /// From 1; as a number, `event_version` is its text.
    pub version: usize,
    /// The first reader that can read it.
    pub reader: i32,
}

/// How an event of some shape is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It is written as this build writes it.
    AsWritten(Shape),
    /// It is written in an older version, and is brought up to the newest one first ([`crate::upcast`]).
    Upcast(Shape),
    /// The reader does not know the shape.
    Unknown,
}

/// What a process can read; [`Reader::CURRENT`] but in tests of older processes.
///
/// A reader before the current one stands for the build that had that number: what it does not know, this build does not
/// read in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reader(pub i32);

/// Event types of one sort of stream, each with the readers that its versions came with, version 1 first.
pub type EventReaders = &'static [(&'static str, &'static [i32])];

/// Sorts of stream with their event types.
const STREAMS: [(&str, EventReaders); 4] = [
    (ExamCopy::TYPE, CopyEvent::READERS),
    (Exam::TYPE, ExamEvent::READERS),
    (Operations::TYPE, OperationsEvent::READERS),
    (Subject::TYPE, SubjectEvent::READERS),
];

impl Reader {
    /// What the first build could read.
    pub const FIRST: Self = Self(1);

    /// What this build can read.
    pub const CURRENT: Self = Self(READER);

    /// Whether it knows streams of this sort at all.
    #[must_use]
    pub fn knows_streams_of(self, aggregate_type: &str) -> bool {
        STREAMS.into_iter().find(|(name, _)| *name == aggregate_type).is_some_and(|(_, types)| {
            types.iter().any(|(_, readers)| readers.iter().any(|&reader| reader <= self.0))
        })
    }

    /// How it reads an event of this shape.
    #[must_use]
    pub fn reading(self, aggregate_type: &str, event_type: &str, event_version: &str) -> Reading {
        let types = STREAMS.into_iter().find(|(name, _)| *name == aggregate_type);
        let Some((aggregate_type, types)) = types else { return Reading::Unknown };
        let Some(&(event_type, readers)) = types.iter().find(|(name, _)| *name == event_type) else {
            return Reading::Unknown;
        };
        let version = readers.iter().zip(1_usize..).find(|(_, number)| is_text_of(event_version, *number));
        match version {
            Some((&reader, version)) if reader <= self.0 => {
                let shape = Shape { aggregate_type, event_type, version, reader };
                if version == readers.len() { Reading::AsWritten(shape) } else { Reading::Upcast(shape) }
            }
            _ => Reading::Unknown,
        }
    }
}

/// Every shape that this build can read.
pub fn all() -> impl Iterator<Item = Shape> {
    STREAMS.into_iter().flat_map(|(aggregate_type, types)| {
        types.iter().flat_map(move |&(event_type, readers)| {
            let shape = move |(&reader, version)| Shape { aggregate_type, event_type, version, reader };
            readers.iter().zip(1_usize..).map(shape)
        })
    })
}

/// One text a number: `01` is no version. Without an allocation, since every event that is read comes by here.
fn is_text_of(text: &str, number: usize) -> bool {
    !text.starts_with(['0', '+']) && text.parse() == Ok(number)
}
