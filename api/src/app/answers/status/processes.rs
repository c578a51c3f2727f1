//! Who serves, and who has which duty.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Who serves.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Processes)]
pub struct ProcessesAnswer {
    /// The processes that said that they are alive, and those that fell silent a short while ago: at most 50.
    pub processes: Vec<ProcessAnswer>,
    /// Who has the duties that one process of all is enough for.
    pub duties: Vec<DutyAnswer>,
}

/// A process.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Process)]
pub struct ProcessAnswer {
    /// The machine, as it calls itself.
    pub host: String,
    /// The process id there.
    pub pid: i32,
    /// What it runs: `api`, `projectors`, `workers`.
    pub parts: Vec<String>,
    /// Its version.
    pub version: String,
    /// Its reader number.
    pub reader: i32,
    /// Its name in claims and duties; null where it runs no workers.
    pub worker: Option<Uuid>,
    /// Its name in the leases of views; null where it runs no projectors.
    pub projector: Option<Uuid>,
    /// Whether it said so a short while ago.
    pub alive: bool,
    /// Since how long it runs.
    pub up_ms: u64,
    /// How long ago it last said that it is alive.
    pub silent_ms: u64,
}

/// A duty, and who has it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Duty)]
pub struct DutyAnswer {
    /// `expire locks`, `sweep blobs`, `check drift`.
    pub duty: String,
    /// The `worker` of a process.
    pub worker: Uuid,
}

impl ProcessesAnswer {
    /// Whether a process that is alive runs this part.
    #[must_use]
    pub fn runs(&self, part: &str) -> bool {
        self.alive().any(|process| process.parts.iter().any(|it| it == part))
    }

    /// Those that are alive.
    pub fn alive(&self) -> impl Iterator<Item = &ProcessAnswer> {
        self.processes.iter().filter(|process| process.alive)
    }

    /// The process that has this name in claims, duties or leases.
    #[must_use]
    pub fn named(&self, name: Uuid) -> Option<&ProcessAnswer> {
        self.processes.iter().find(|process| process.worker == Some(name) || process.projector == Some(name))
    }
}
