//! A stream that a view leaves out, as answers show it.

use domain::Timestamp;
use projections::LeftOutStream;
use projections::parked::ParkedRow;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::sealed::SealedText;

/// A stream that a view leaves out, or is to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LeftOutStream)]
pub struct LeftOutAnswer {
    /// The sort of stream: `ExamCopy`, `Exam`.
    pub stream_type: String,
    /// Its id.
    pub stream_id: Uuid,
    /// The first position that is not folded; null where no leader has taken up the act yet, or no event was left out.
    pub left_out_from: Option<i64>,
    /// The act that parked it; null where it was unparked and is yet to be folded again.
    pub parked: Option<ParkedAnswer>,
}

/// The act that parked a stream.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Parked)]
pub struct ParkedAnswer {
    /// The position of the event that the view could not fold.
    pub from_position: i64,
    /// The position of the act.
    pub position: i64,
    /// Who did it.
    pub actor_id: Uuid,
    /// In which role.
    pub actor_role: &'static str,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Why; null for graders.
    #[schema(value_type = Option<String>)]
    pub reason: Option<SealedText>,
}

impl LeftOutAnswer {
    pub(super) fn leave_out_reason(&mut self) {
        if let Some(parked) = &mut self.parked {
            parked.reason = None;
        }
    }
}

impl From<LeftOutStream> for LeftOutAnswer {
    fn from(stream: LeftOutStream) -> Self {
        Self {
            stream_type: stream.stream.sort.into(),
            stream_id: stream.stream.id,
            left_out_from: stream.left_out_from,
            parked: stream.parked.as_ref().map(ParkedAnswer::of),
        }
    }
}

impl ParkedAnswer {
    fn of(row: &ParkedRow) -> Self {
        Self {
            from_position: row.from_position,
            position: row.position,
            actor_id: row.actor.0,
            actor_role: row.role.as_str(),
            at: row.parked_at,
            reason: Some(SealedText(row.reason)),
        }
    }
}
