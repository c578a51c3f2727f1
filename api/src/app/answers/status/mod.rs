//! How a ledger stands, on one screen: what `GET /api/status` and `gradeledger status --json` answer.
//!
//! A part that could not be read is null (or empty), and `unread` says which and why: the others are told all the same.

mod copies;
mod disk;
mod ledger;
mod locks;
mod problem;
mod processes;
mod work;

use domain::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

pub use copies::{CopiesAnswer, FailedCopyAnswer};
pub use disk::{BlobsAnswer, DiskAnswer};
pub use ledger::{HolderAnswer, LedgerAnswer};
pub use locks::{LocksAnswer, OldLockAnswer};
pub use problem::{Fact, Problem, Unread};
pub use processes::{DutyAnswer, ProcessAnswer, ProcessesAnswer};
pub use work::{OldestAnswer, QueueAnswer, WorkAnswer, WorkInHandAnswer};

use super::projections::ProjectionAnswer;

/// How the ledger stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Status)]
pub struct StatusAnswer {
    /// Whether nothing needs a person.
    pub well: bool,
    /// What needs one, the most pressing first; each with what to do.
    pub problems: Vec<Problem>,
    /// When it was looked at, by Postgres's clock where that could be read.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The version of the program that answers.
    pub version: &'static str,
    /// The version of Postgres; null where it could not be read.
    pub postgres: Option<String>,
    /// The ledger's epoch: positions of two epochs cannot be compared. Null where it could not be read.
    pub epoch: Option<Uuid>,
    /// The position of the ledger's last event. Null where it could not be read.
    pub head: Option<i64>,
    /// How long ago the last event was recorded. Null where there is none, or it could not be read.
    pub last_event_ms: Option<u64>,
    /// Every view, as `GET /api/projections` has it.
    pub views: Vec<ProjectionAnswer>,
    /// What workers have to do.
    pub work: Option<WorkAnswer>,
    /// The copies.
    pub copies: Option<CopiesAnswer>,
    /// The locks that stand.
    pub locks: Option<LocksAnswer>,
    /// Who serves.
    pub processes: Option<ProcessesAnswer>,
    /// What it all takes.
    pub disk: DiskAnswer,
    /// What could not be read, and why.
    pub unread: Vec<Unread>,
}
