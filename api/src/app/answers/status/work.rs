//! What workers have to do, and what they have in hand.

use domain::CopyId;
use projections::work_queue::WorkKind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What workers have to do.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Work)]
pub struct WorkAnswer {
    /// The queue by kind; a kind of which there is nothing is not there.
    pub queue: Vec<QueueAnswer>,
    /// What is in hand, the longest in hand first: at most 20 items.
    pub in_hand: Vec<WorkInHandAnswer>,
}

/// What there is of one kind.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Queue)]
pub struct QueueAnswer {
    /// `IMPORT`, `FINALISE`, or `RETRY_FINALISATION`.
    #[schema(value_type = String)]
    pub kind: WorkKind,
    /// How many items there are.
    pub items: u64,
    /// How many could be taken and are not.
    pub waiting: u64,
    /// How many rest after a failure.
    pub resting: u64,
    /// How many a worker has in hand.
    pub in_hand: u64,
    /// How long the first of those that wait could have been taken.
    pub longest_wait_ms: u64,
    /// The oldest item.
    pub oldest: OldestAnswer,
}

/// The oldest item of a kind.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = OldestItem)]
pub struct OldestAnswer {
    /// On which copy.
    #[schema(value_type = Uuid)]
    pub copy_id: CopyId,
    /// The attempt that it is, from 1.
    pub attempt: u32,
    /// `waiting`, `resting`, `in_hand`, or `done`, where only the queue has not seen it yet.
    pub state: String,
    /// How long ago it was asked for.
    pub age_ms: u64,
}

/// An item in a worker's hand.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = WorkInHand)]
pub struct WorkInHandAnswer {
    /// As in the queue.
    #[schema(value_type = String)]
    pub kind: WorkKind,
    /// On which copy.
    #[schema(value_type = Uuid)]
    pub copy_id: CopyId,
    /// The attempt that it is, from 1.
    pub attempt: u32,
    /// Whose hand: the `worker` of a process.
    pub worker: Uuid,
    /// How often it was begun, this time counted.
    pub claims: u32,
    /// Since how long.
    pub for_ms: u64,
}
