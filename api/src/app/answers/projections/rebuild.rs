//! A rebuild that runs, as it is shown.

use domain::Timestamp;
use projections::Holder;
use serde::Serialize;
use utoipa::ToSchema;

/// A rebuild of a view that runs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rebuild)]
pub struct RebuildAnswer {
    /// The process that rebuilds it.
    pub by: String,
    /// Its session of Postgres.
    pub backend_pid: i32,
    /// `folding`, `indexing` or `catching_up`.
    pub phase: String,
    /// How many events it has folded.
    pub events: i64,
    /// How many there were when it began.
    pub target: i64,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub began_at: Timestamp,
}

impl From<Holder> for RebuildAnswer {
    fn from(holder: Holder) -> Self {
        let Holder { holder: by, backend_pid, began_at, phase, events, target, .. } = holder;
        Self { by, backend_pid, phase, events, target, began_at }
    }
}
