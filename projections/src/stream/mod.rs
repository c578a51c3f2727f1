//! The ledger as a reader sees it: recorded events in order of position.

mod decode;
mod newer;
mod of_copy;
mod read;
mod recorded;

pub use decode::DecodeError;
pub use newer::{NewerEvent, newer_in_stream};
pub(crate) use of_copy::read_copy;
pub use read::ReplayError;
pub(crate) use read::{Batch, BatchLimits, End, Unreadable, read_batch, replay, replay_each};
pub use recorded::{LedgerEvent, RecordedEvent, StreamId, StreamType};
