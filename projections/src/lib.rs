//! The read side: views folded from the stream of events, and the questions that they answer.
//!
//! Walk it as the data goes: the ledger is read in order of position ([`RecordedEvent`]); a [`Projector`] folds the
//! events, stream by stream, into the rows of its view; [`Projectors`] run one task a view, which commits rows,
//! checkpoint and lease in one transaction; [`views`] has one folder a view, with its fold and its queries; [`Views`]
//! waits for positions and says how far each view is.
//!
//! Architecture invariant: nothing here appends. A view can be emptied and folded again at any time, and gives the
//! same rows: a fold has no clock, no randomness, and names every event.

mod channel;
mod drift;
mod feed;
mod fold;
pub mod history;
mod left_out;
mod projector;
mod reading;
mod rebuild;
mod refold;
mod replace;
mod rows;
mod runner;
mod stream;
mod table;
pub mod views;

pub use channel::channel;
pub use drift::{
    Column, Difference, DriftError, DriftNews, DriftScope, DriftSummary, DriftWalk, Finding, ViewDrift,
};
pub use feed::{
    Feed, FeedError, FeedEvent, FeedFilter, FeedLimits, FeedPage, FeedSize, Followed, Follower, NoPlace,
};
pub use projector::{FoldError, Projector, ViewName};
pub use reading::{
    Hold, Lag, LeftOutStream, OperateError, Poison, ProjectionStatus, Session, ViewState, Views, WaitError,
};
pub use rebuild::{Holder, Proof, RebuildError, RebuildLimits, RebuildNews, RebuildPhase, Unfoldable};
pub use refold::refold;
pub use replace::replace;
pub use rows::{RowError, RowSink};
pub use runner::{ProjectorLimits, Projectors};
pub use stream::{
    DecodeError, LedgerEvent, NewerEvent, NoStream, RecordedEvent, ReplayError, StreamId, StreamType,
    newer_in_stream,
};
pub use table::{Made, Table, Tables};
pub use views::{annotations, audit_trail, copies, copy_locks, exams, parked, subjects, work_queue};
