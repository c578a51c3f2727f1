//! The lock of a copy.

pub(super) mod acquire;
pub(super) mod force_release;
pub(super) mod heartbeat;
pub(super) mod release;
pub(super) mod status;
