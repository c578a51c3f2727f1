//! The ledger itself.

use domain::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

/// The ledger's end, and the server that keeps it.
#[derive(Debug, Deserialize)]
pub struct LedgerAnswer {
    /// The position of the last event.
    pub head: i64,
    /// How long ago it was recorded; none where there is none.
    pub last_event_ms: Option<u64>,
    /// The epoch.
    pub epoch: Uuid,
    /// The version of Postgres.
    pub postgres: String,
    /// Now, by its clock.
    pub now: Timestamp,
    /// The sessions that keep every append waiting.
    pub held: Vec<HolderAnswer>,
}

/// A session that holds the head for longer than an append waits for it.
#[derive(Debug, Deserialize)]
pub struct HolderAnswer {
    /// Its process at Postgres.
    pub pid: i32,
    /// Its role.
    pub user: Option<String>,
    /// What it calls itself.
    pub application: Option<String>,
    /// How long its transaction is open; none where this role may not see it.
    pub open_ms: Option<u64>,
}
