//! Why an operator's act on a view is refused before it is recorded.

use domain::ViewName;
use domain::operations::NamedStream;
use uuid::Uuid;

/// Why an operator's act on a view is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// Nothing stopped it.
    #[error("the view {view} is not stopped on an event, so there is nothing to retry or to park")]
    NotStopped {
        /// Which view.
        view: ViewName,
    },
    /// It goes on without streams that stop it, and without no others.
    #[error(
        "the view {view} is stopped at position {position} by {stream}; park that stream, or mend the cause"
    )]
    StoppedByAnother {
        /// Which view.
        view: ViewName,
        /// The position of the event that stops it.
        position: i64,
        /// The stream of that event.
        stream: NamedStream,
    },
    /// What stops it is no event of a stream that this build knows.
    #[error("the view {view} is stopped at position {position} by no stream that can be parked: {cause}")]
    NoStream {
        /// Which view.
        view: ViewName,
        /// The position that stops it.
        position: i64,
        /// Why.
        cause: String,
    },
    /// It is not parked.
    #[error(
        "no stream {stream} is parked for the view {view}; `gradeledger projections parked` lists what is"
    )]
    NotParked {
        /// For which view.
        view: ViewName,
        /// The id that was asked for.
        stream: Uuid,
    },
    /// The view that says what is parked.
    #[error(
        "the view {view} says what is parked, so that nothing can be parked for it; mend the cause, then \
         `gradeledger projections retry {view}`"
    )]
    SaysWhatIsParked {
        /// Which view.
        view: ViewName,
    },
}
