//! Locks by age.

use domain::{CopyId, Timestamp};
use projections::copy_locks::{LockCounts, LockRow};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The locks that stand.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LocksOverview)]
pub struct LocksAnswer {
    /// How many there are.
    pub locks: u64,
    /// How many of them are past their end, which nobody has recorded yet.
    pub ended: u64,
    /// How long ago the first of those ended; 0 where there is none.
    pub ended_ms: u64,
    /// Those that stand for the longest: at most 3.
    pub oldest: Vec<OldLockAnswer>,
}

/// A lock that stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OldLock)]
pub struct OldLockAnswer {
    /// On which copy.
    #[schema(value_type = Uuid)]
    pub copy_id: CopyId,
    /// The pseudonym of its owner.
    pub owner_id: Uuid,
    /// When the copy was taken in hand.
    #[schema(value_type = String, format = DateTime)]
    pub acquired_at: Timestamp,
    /// When the lease ends.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

impl LocksAnswer {
    pub(crate) fn of(counts: LockCounts, oldest: Vec<LockRow>) -> Self {
        let LockCounts { locks, ended, ended_ms, oldest_ms: _ } = counts;
        let oldest = oldest.into_iter().map(|lock| OldLockAnswer {
            copy_id: lock.copy,
            owner_id: lock.owner.0,
            acquired_at: lock.acquired_at,
            expires_at: lock.expires_at,
        });
        Self { locks, ended, ended_ms, oldest: oldest.collect() }
    }
}
