//! A lock as answers show it.

use domain::copy::{CopyState, ExamCopy};
use domain::{CopyId, LockId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A lock in the hands of its owner.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Lock)]
pub struct LockAnswer {
    /// The copy that it holds.
    pub copy_id: Uuid,
    /// Its id.
    #[schema(value_type = Uuid)]
    pub lock_id: LockId,
    /// The pseudonym of its owner.
    pub owner_id: Uuid,
    /// When the lease ends.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// How long the lease was when it was given or last renewed.
    pub ttl_seconds: u32,
    /// Sequence of the last event of the copy.
    pub sequence: u64,
    /// To be sent as `X-Lock-Token`. Never stored: it is computed anew for each answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

impl LockAnswer {
    pub(crate) fn of(id: CopyId, copy: &ExamCopy) -> Option<Self> {
        let CopyState::Locked(_, lock) = &copy.state else { return None };
        Some(Self {
            copy_id: id.0,
            lock_id: lock.id,
            owner_id: lock.owner.0,
            expires_at: lock.expires_at,
            ttl_seconds: lock.ttl_seconds,
            sequence: copy.sequence,
            token: None,
        })
    }
}

/// Whether a copy is in someone's hands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LockStatus)]
pub struct LockStatusAnswer {
    /// Whether a lease runs.
    pub locked: bool,
    /// Whether it is the caller's own.
    pub mine: bool,
    /// The pseudonym of its owner.
    pub owner_id: Option<Uuid>,
    /// When the lease ends.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}
