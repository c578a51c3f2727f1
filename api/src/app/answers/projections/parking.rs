//! What parking or unparking a stream is answered with.

use domain::ViewName;
use domain::operations::{NamedStream, Operations};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::sealed::SealedText;

/// A stream of a view after an operator's act.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ParkedStream)]
pub struct ParkingAnswer {
    /// Which view.
    pub view: String,
    /// The sort of stream: `ExamCopy`, `Exam`.
    pub stream_type: String,
    /// Its id.
    pub stream_id: Uuid,
    /// How it is parked; null where it is not.
    pub parked: Option<ParkingStanding>,
}

/// How a stream is parked.
#[derive(Debug, Serialize, ToSchema)]
pub struct ParkingStanding {
    /// The position of the event that the view could not fold.
    pub from_position: u64,
    /// Why.
    #[schema(value_type = String)]
    pub reason: SealedText,
}

impl ParkingAnswer {
    /// A stream of a view as the acts of operators have it.
    #[must_use]
    pub fn of(view: &ViewName, stream: &NamedStream, standing: &Operations) -> Self {
        let parked = standing.parked(view, stream);
        Self {
            view: view.to_string(),
            stream_type: stream.sort.to_string(),
            stream_id: stream.id,
            parked: parked.map(|parked| ParkingStanding {
                from_position: parked.from_position,
                reason: SealedText(parked.reason),
            }),
        }
    }
}
