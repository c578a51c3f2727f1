//! The events of the whole ledger: in pages, and as they are appended.

mod asked;
pub(super) mod list;
mod sending;
mod sse;
pub(super) mod stream;
