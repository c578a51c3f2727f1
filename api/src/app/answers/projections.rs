//! How far each view is, as answers show it.

use domain::Timestamp;
use projections::{Poison, ProjectionStatus};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Every view, beside the ledger's head.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Projections)]
pub struct ProjectionsAnswer {
    /// The ledger's epoch: positions of two epochs cannot be compared.
    pub epoch: Uuid,
    /// The position of the ledger's last event.
    pub head: i64,
    /// Every view.
    pub views: Vec<ProjectionAnswer>,
}

/// Where a view stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Projection)]
pub struct ProjectionAnswer {
    /// Its name.
    pub name: String,
    /// The version of its fold.
    pub version: i32,
    /// The last position that it has folded.
    pub position: i64,
    /// How many positions it is behind.
    pub lag_events: u64,
    /// How long the oldest event that is not folded has been waiting.
    pub lag_ms: u64,
    /// The process that folds it; null where nobody does.
    pub leader: Option<Uuid>,
    /// What stopped it, until an operator asks for another try.
    pub poison: Option<PoisonAnswer>,
}

/// An event that a view could not fold.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Poison)]
pub struct PoisonAnswer {
    /// The event's position.
    pub position: i64,
    /// Its stream.
    pub stream: String,
    /// Its type.
    pub event_type: String,
    /// Why it cannot be folded, and what to do.
    pub cause: String,
    /// When the view met it.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl From<ProjectionStatus> for ProjectionAnswer {
    fn from(status: ProjectionStatus) -> Self {
        Self {
            lag_events: status.lag_events(),
            name: status.name,
            version: status.version,
            position: status.position,
            lag_ms: status.lag_ms,
            leader: status.leader,
            poison: status.poison.map(PoisonAnswer::from),
        }
    }
}

impl From<Poison> for PoisonAnswer {
    fn from(poison: Poison) -> Self {
        let Poison { position, stream, event_type, cause, at } = poison;
        Self { position, stream, event_type, cause, at }
    }
}
