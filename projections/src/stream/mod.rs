//! The ledger as a reader sees it: recorded events in order of position.

mod decode;
mod look;
mod of_copy;
mod read;
mod recorded;

pub use decode::DecodeError;
pub(crate) use look::{first_of, type_at};
pub(crate) use of_copy::read_copy;
pub use read::ReplayError;
pub(crate) use read::{Batch, BatchLimits, End, Unreadable, read_batch, replay, replay_each};
pub use recorded::{LedgerEvent, NoStream, RecordedEvent, StreamId, StreamType};
