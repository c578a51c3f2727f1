//! An event as it was recorded, and the stream it belongs to.

use std::fmt;
use std::str::FromStr;

use cqrs_es::Aggregate;
use domain::copy::{CopyEvent, ExamCopy};
use domain::exam::{Exam, ExamEvent};
use domain::operations::{Operations, OperationsEvent};
use domain::subject::{Subject, SubjectEvent};
use domain::{CopyId, ExamId, Metadata, OperationsId, SubjectId, Timestamp};
use uuid::Uuid;

/// An event with everything that was recorded beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Its place in the whole ledger, from 1.
    pub position: i64,
    /// Its own id.
    pub event_id: Uuid,
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Its place in that stream, from 1.
    pub sequence: i64,
    /// What happened, brought up to the newest version of its type.
    pub event: LedgerEvent,
    /// The first reader that can read it, in the version in which it was recorded.
    pub reader: i32,
    /// Who did it, through which request.
    pub metadata: Metadata,
    /// When it was recorded, by Postgres's clock.
    pub recorded_at: Timestamp,
}

/// What happened, in whichever kind of stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerEvent {
    /// To a copy.
    Copy(CopyEvent),
    /// To an exam.
    Exam(ExamEvent),
    /// To a view, by an operator.
    Operations(OperationsEvent),
    /// To a subject.
    Subject(SubjectEvent),
}

impl LedgerEvent {
    /// The event's type as it stands in the column `event_type`.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Copy(event) => event.type_name(),
            Self::Exam(event) => event.type_name(),
            Self::Operations(event) => event.type_name(),
            Self::Subject(event) => event.type_name(),
        }
    }
}

/// A stream: one copy, one exam, one subject, or the acts of operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamId {
    /// A copy's stream.
    Copy(CopyId),
    /// An exam's stream.
    Exam(ExamId),
    /// The acts of operators.
    Operations(OperationsId),
    /// A subject's stream.
    Subject(SubjectId),
}

/// The kinds of stream that this build knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamType {
    /// Copies.
    Copy,
    /// Exams.
    Exam,
    /// Acts of operators.
    Operations,
    /// Subjects.
    Subject,
}

impl StreamType {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Copy, Self::Exam, Self::Operations, Self::Subject];

    /// As it stands in the column `aggregate_type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Copy => ExamCopy::TYPE,
            Self::Exam => Exam::TYPE,
            Self::Operations => Operations::TYPE,
            Self::Subject => Subject::TYPE,
        }
    }

    /// The stream of this kind with the id `id`.
    #[must_use]
    pub const fn with_id(self, id: Uuid) -> StreamId {
        match self {
            Self::Copy => StreamId::Copy(CopyId(id)),
            Self::Exam => StreamId::Exam(ExamId(id)),
            Self::Operations => StreamId::Operations(OperationsId(id)),
            Self::Subject => StreamId::Subject(SubjectId(id)),
        }
    }
}

impl StreamId {
    /// The stream of the kind that `kind` names, as the column `aggregate_type` does; none where this build knows none of that
    /// name.
    #[must_use]
    pub fn named(kind: &str, id: Uuid) -> Option<Self> {
        StreamType::ALL.into_iter().find(|known| known.as_str() == kind).map(|known| known.with_id(id))
    }

    /// The kind of stream.
    #[must_use]
    pub const fn kind(self) -> StreamType {
        match self {
            Self::Copy(_) => StreamType::Copy,
            Self::Exam(_) => StreamType::Exam,
            Self::Operations(_) => StreamType::Operations,
            Self::Subject(_) => StreamType::Subject,
        }
    }

    /// The id, whatever it is of.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        match self {
            Self::Copy(id) => id.0,
            Self::Exam(id) => id.0,
            Self::Operations(id) => id.0,
            Self::Subject(id) => id.0,
        }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind().as_str(), self.uuid())
    }
}

/// A text that names no stream of this build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stream is named by a type that this version knows, a space and a UUID")]
pub struct NoStream;

/// Reads what [`StreamId`] is displayed as.
impl FromStr for StreamId {
    type Err = NoStream;

    fn from_str(text: &str) -> Result<Self, NoStream> {
        let (kind, id) = text.split_once(' ').ok_or(NoStream)?;
        id.parse().ok().and_then(|id| Self::named(kind, id)).ok_or(NoStream)
    }
}
