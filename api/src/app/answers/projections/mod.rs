//! How far each view is, as answers and `gradeledger status` show it.

mod hold;
mod left_out;
mod next;
mod parking;
mod rebuild;

use domain::{Reader, Timestamp};
use projections::{LeftOutStream, Poison, ProjectionStatus, ViewState};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

pub use hold::{HoldAnswer, SessionAnswer};
pub use left_out::{LeftOutAnswer, ParkedAnswer};
pub use parking::{ParkingAnswer, ParkingStanding};
pub use rebuild::RebuildAnswer;

/// The most left out streams of a view that are shown.
pub const LEFT_OUT_SHOWN: u32 = 100;

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
    /// `leading`: a process folds it. `no_leader`: none does. `too_old`: none does, and this process is too old to.
    /// `building`: it was never folded, and is being rebuilt. `stopped`: on the event under `poison`. `stuck`: it has events to fold and has not moved for longer than a view may.
    #[serde(serialize_with = "word")]
    #[schema(value_type = String, example = "leading")]
    pub state: ViewState,
    /// The last position that it has folded.
    pub position: i64,
    /// How many positions it is behind.
    pub lag_events: u64,
    /// How long the oldest event that is not folded has been waiting.
    pub lag_ms: u64,
    /// How long it has stood still with something to fold: a view that is behind and moves is late, not stuck.
    pub stuck_ms: u64,
    /// The reader number that it takes to fold it, where that is later than this process's; null elsewhere.
    pub needs_reader: Option<i32>,
    /// The process that folds it; null where nobody does.
    pub leader: Option<Uuid>,
    /// What stopped it, until an operator asks for another try.
    pub poison: Option<PoisonAnswer>,
    /// The rebuild of it that runs beside it; null where none does.
    pub rebuild: Option<RebuildAnswer>,
    /// How many streams it leaves out.
    pub left_out_streams: u64,
    /// The streams that it leaves out, or is to: at most 100.
    pub left_out: Vec<LeftOutAnswer>,
    /// What holds it up, where it stands still and a process leads it.
    pub hold: Option<HoldAnswer>,
    /// What an operator does next; null where there is nothing to do.
    pub next: Option<String>,
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

impl ProjectionsAnswer {
    /// The views of a ledger in this epoch, and what they leave out.
    #[must_use]
    pub fn of(epoch: Uuid, views: Vec<ProjectionStatus>, left_out: Vec<LeftOutStream>) -> Self {
        let head = views.iter().map(|view| view.head).max().unwrap_or(0);
        let mut views: Vec<ProjectionAnswer> = views.into_iter().map(ProjectionAnswer::from).collect();
        for stream in left_out {
            if let Some(view) = views.iter_mut().find(|view| view.name == stream.view) {
                view.left_out.push(stream.into());
            }
        }
        Self { epoch, head, views }
    }

    /// The same for those who need not read why streams are parked.
    #[must_use]
    pub fn without_reasons(mut self) -> Self {
        for stream in self.views.iter_mut().flat_map(|view| &mut view.left_out) {
            stream.leave_out_reason();
        }
        self
    }

    /// The same for those who need not read what other sessions of the database ask it.
    #[must_use]
    pub fn without_queries(mut self) -> Self {
        for hold in self.views.iter_mut().filter_map(|view| view.hold.as_mut()) {
            hold.leave_out_queries();
        }
        self
    }
}

impl From<ProjectionStatus> for ProjectionAnswer {
    fn from(status: ProjectionStatus) -> Self {
        Self {
            lag_events: status.lag_events(),
            next: next::next(&status),
            name: status.name,
            version: status.version,
            state: status.state,
            position: status.position,
            lag_ms: status.lag_ms,
            stuck_ms: status.stuck_ms,
            needs_reader: (status.required_reader > Reader::CURRENT).then_some(status.required_reader.0),
            leader: status.leader,
            poison: status.poison.map(PoisonAnswer::from),
            rebuild: status.rebuild.map(RebuildAnswer::from),
            left_out_streams: status.left_out,
            left_out: Vec::new(),
            hold: status.hold.map(HoldAnswer::from),
        }
    }
}

impl From<Poison> for PoisonAnswer {
    fn from(poison: Poison) -> Self {
        let Poison { position, stream, event_type, cause, at } = poison;
        Self { position, stream, event_type, cause, at }
    }
}

fn word<S: Serializer>(state: &ViewState, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(state.as_str())
}
