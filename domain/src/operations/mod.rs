//! What operators do to the ledger's views: the one stream of their acts, so that none of them is without a trace.
//!
//! A view that meets an event which it cannot fold stands still. Where no fix is at hand, an operator parks the stream of
//! that event: the view goes on without it, and everyone can read that it does, since when, by whom and why.

mod view_name;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use view_name::{InvalidViewName, ViewName};

use crate::Commitment;
use crate::ids::StreamSort;

/// An event of the operations stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OperationsEvent {
    /// A view goes on without a stream, from a position on.
    ProjectionParked {
        /// Which view, in whichever version.
        view: ViewName,
        /// Which sort of stream.
        stream_type: StreamSort,
        /// Which stream.
        stream_id: Uuid,
        /// The first position whose event of that stream the view has not taken in.
        from_position: u64,
        /// Why, sealed.
        reason: Commitment,
    },
    /// The view takes the stream in again, from its beginning.
    ProjectionUnparked {
        /// Which view.
        view: ViewName,
        /// Which sort of stream.
        stream_type: StreamSort,
        /// Which stream.
        stream_id: Uuid,
        /// The position from which it had been left out.
        from_position: u64,
        /// Why, sealed; none where nobody said.
        reason: Option<Commitment>,
    },
}

crate::event_types! {
    OperationsEvent:
    ProjectionParked [2],
    ProjectionUnparked [2],
}

/// A stream as the acts on it name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NamedStream {
    /// Which sort.
    pub sort: StreamSort,
    /// Which one.
    pub id: Uuid,
}

impl std::fmt::Display for NamedStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.sort, self.id)
    }
}

/// What operators can ask for.
#[derive(Clone, Debug)]
pub enum OperationsCommand {
    /// Let a view go on without a stream.
    Park {
        /// Which view.
        view: ViewName,
        /// Which stream.
        stream: NamedStream,
        /// The position of the event that the view cannot fold.
        from_position: u64,
        /// Why, sealed.
        reason: Commitment,
    },
    /// Let the view take the stream in again.
    Unpark {
        /// Which view.
        view: ViewName,
        /// Which stream.
        stream: NamedStream,
        /// Why, sealed.
        reason: Option<Commitment>,
    },
}

/// The most streams that are parked at a time, over all views. So many that cannot be folded are no accident of one
/// stream: a fix is due, and a rebuild.
pub const MAX_PARKED: usize = 1_000;

/// Why an operator's act is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperationsError {
    /// It is parked.
    #[error("{stream} is parked for the view {view} already, from position {from_position} on")]
    Parked {
        /// For which view.
        view: ViewName,
        /// Which stream.
        stream: NamedStream,
        /// Since where.
        from_position: u64,
    },
    /// It is not parked.
    #[error("{stream} is not parked for the view {view}; there is nothing to unpark")]
    NotParked {
        /// For which view.
        view: ViewName,
        /// Which stream.
        stream: NamedStream,
    },
    /// Too many.
    #[error("{0} streams are parked already; unpark some, or fix what stops the views and rebuild them")]
    TooManyParked(usize),
    /// Positions begin with 1.
    #[error("a stream is parked from a position on, and positions begin with 1")]
    NoPosition,
}

/// A stream that a view goes on without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// Which view.
    pub view: ViewName,
    /// Which stream.
    pub stream: NamedStream,
    /// The first position whose event of that stream the view has not taken in.
    pub from_position: u64,
    /// Why, sealed.
    pub reason: Commitment,
}

/// What operators have done, as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operations {
    /// How many events were folded: the sequence of the last one.
    pub sequence: u64,
    /// What is parked, the oldest first.
    pub parked: Vec<Parked>,
}

impl Operations {
    /// What is parked of this stream for this view.
    #[must_use]
    pub fn parked(&self, view: &ViewName, stream: &NamedStream) -> Option<&Parked> {
        self.parked.iter().find(|parked| parked.view == *view && parked.stream == *stream)
    }

    /// Decides what follows from a command, or why nothing does.
    ///
    /// # Errors
    /// The rule that refuses it.
    pub fn decide(&self, command: OperationsCommand) -> Result<OperationsEvent, OperationsError> {
        match command {
            OperationsCommand::Park { view, stream, from_position, reason } => {
                if let Some(&Parked { from_position, .. }) = self.parked(&view, &stream) {
                    return Err(OperationsError::Parked { view, stream, from_position });
                }
                if self.parked.len() >= MAX_PARKED {
                    return Err(OperationsError::TooManyParked(MAX_PARKED));
                }
                if from_position == 0 {
                    return Err(OperationsError::NoPosition);
                }
                let NamedStream { sort: stream_type, id: stream_id } = stream;
                Ok(OperationsEvent::ProjectionParked { view, stream_type, stream_id, from_position, reason })
            }
            OperationsCommand::Unpark { view, stream, reason } => {
                let Some(&Parked { from_position, .. }) = self.parked(&view, &stream) else {
                    return Err(OperationsError::NotParked { view, stream });
                };
                let NamedStream { sort: stream_type, id: stream_id } = stream;
                Ok(OperationsEvent::ProjectionUnparked {
                    view,
                    stream_type,
                    stream_id,
                    from_position,
                    reason,
                })
            }
        }
    }

    /// Takes in one event.
    pub fn fold(&mut self, event: OperationsEvent) {
        self.sequence = self.sequence.saturating_add(1);
        match event {
            OperationsEvent::ProjectionParked { view, stream_type, stream_id, from_position, reason } => {
                let stream = NamedStream { sort: stream_type, id: stream_id };
                self.parked.push(Parked { view, stream, from_position, reason });
            }
            OperationsEvent::ProjectionUnparked { view, stream_type, stream_id, .. } => {
                let stream = NamedStream { sort: stream_type, id: stream_id };
                self.parked.retain(|parked| parked.view != view || parked.stream != stream);
            }
        }
    }
}

impl Aggregate for Operations {
    const TYPE: &'static str = "Operations";
    type Command = OperationsCommand;
    type Event = OperationsEvent;
    type Error = OperationsError;
    type Services = ();

    async fn handle(
        &mut self,
        command: OperationsCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), OperationsError> {
        let event = self.decide(command)?;
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: OperationsEvent) {
        self.fold(event);
    }
}
