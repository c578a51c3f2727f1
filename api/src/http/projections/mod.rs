//! Views as wholes: how far they are, and what operators do to them.

pub(super) mod list;
pub(super) mod park;
pub(super) mod retry;
pub(super) mod unpark;
