//! The ledger as a reader sees it: recorded events in order of position.

mod copy_out;
mod decode;
mod look;
mod newer;
mod of_copy;
mod read;
mod recorded;

pub(crate) use copy_out::{POSTGRES_EPOCH_MICROS, RowBytes, Share, read_share};
pub use decode::DecodeError;
pub(crate) use decode::EventRow;
pub(crate) use look::{first_of, type_at};
pub(crate) use newer::newer_at;
pub use newer::{NewerEvent, newer_in_stream};
pub(crate) use of_copy::read_copy;
pub use read::ReplayError;
pub(crate) use read::{Batch, BatchLimits, End, Unreadable, read_batch, replay, replay_each};
pub use recorded::{LedgerEvent, NoStream, RecordedEvent, StreamId, StreamType};
