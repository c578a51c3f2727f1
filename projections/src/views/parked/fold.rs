//! The fold of what is parked, and how its rows are written.

use std::collections::{BTreeMap, HashMap};

use domain::ids::StreamSort;
use domain::operations::{NamedStream, OperationsEvent, ViewName as NamedView};
use domain::{ActorId, Commitment, Role, Timestamp};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::VIEW;
use crate::projector::{FoldError, Projector, ViewName};
use crate::refold::{begun_before, refold};
use crate::replace::replace;
use crate::rows::{RowError, RowSink};
use crate::stream::{LedgerEvent, RecordedEvent, ReplayError, StreamId, StreamType};
use crate::table::{Made, Table, Tables};

/// The fold.
#[derive(Debug)]
pub struct Parked;

/// What stands parked, by view and stream.
#[derive(Debug, Default)]
pub struct ParkedStreams {
    /// How many acts were folded.
    acts: u64,
    standing: BTreeMap<(NamedView, NamedStream), Act>,
}

/// The act that parked a stream.
#[derive(Debug)]
struct Act {
    from_position: u64,
    reason: Commitment,
    actor: ActorId,
    role: Role,
    position: i64,
    at: Timestamp,
}

impl Projector for Parked {
    const VIEW: ViewName = VIEW;
    const TABLES: &'static [Table] = &[Table {
        name: "parked_v1",
        key: &["view", "stream_type", "stream_id"],
        made: Made::Rows { stream: "operations_id" },
    }];
    const FOLLOWS: &'static [StreamType] = &[StreamType::Operations];
    const HELD_BYTES: usize = 1 << 20;
    type State = ParkedStreams;

    fn fold(state: &mut ParkedStreams, recorded: &RecordedEvent) -> Result<(), FoldError> {
        let LedgerEvent::Operations(event) = &recorded.event else { return Ok(()) };
        if u64::try_from(recorded.sequence) != Ok(state.acts + 1) {
            return Err(FoldError::OutOfOrder { folded: state.acts, sequence: recorded.sequence });
        }
        state.acts += 1;
        match event.clone() {
            OperationsEvent::ProjectionParked { view, stream_type, stream_id, from_position, reason } => {
                let act = Act {
                    from_position,
                    reason,
                    actor: recorded.metadata.actor_id,
                    role: recorded.metadata.actor_role,
                    position: recorded.position,
                    at: recorded.recorded_at,
                };
                state.standing.insert((view, NamedStream { sort: stream_type, id: stream_id }), act);
            }
            OperationsEvent::ProjectionUnparked { view, stream_type, stream_id, .. } => {
                let parked = (view, NamedStream { sort: stream_type, id: stream_id });
                if state.standing.remove(&parked).is_none() {
                    let (view, stream) = parked;
                    return Err(FoldError::Unknown(format!("{stream}, parked for {view},")));
                }
            }
        }
        Ok(())
    }

    fn weight(state: &ParkedStreams) -> usize {
        size_of::<ParkedStreams>() + state.standing.len() * ROW_BYTES
    }

    fn rows(stream: StreamId, state: &ParkedStreams, rows: &mut impl RowSink) -> Result<(), RowError> {
        state.standing.iter().try_for_each(|((view, parked), act)| {
            let NamedStream { sort, id } = parked;
            rows.row(
                PARKED,
                &Written {
                    operations_id: stream.uuid(),
                    view,
                    stream_type: sort,
                    stream_id: *id,
                    from_position: act.from_position,
                    reason: act.reason,
                    actor_id: act.actor,
                    actor_role: act.role,
                    position: act.position,
                    parked_at: act.at,
                },
            )
        })
    }

    async fn load(
        connection: &mut PgConnection,
        _tables: Tables,
        checkpoint: i64,
        events: &[&RecordedEvent],
    ) -> Result<HashMap<StreamId, ParkedStreams>, ReplayError> {
        refold::<Self>(connection, &begun_before(events), checkpoint).await
    }

    /// Acts are rare and what they leave is little, so that all of it is written anew.
    async fn save(
        connection: &mut PgConnection,
        tables: Tables,
        changed: &[(StreamId, &ParkedStreams)],
    ) -> Result<(), sqlx::Error> {
        replace::<Self>(connection, tables, changed).await
    }
}

/// The index of the only table.
const PARKED: usize = 0;
/// What a row takes in memory, its texts included, in bytes.
const ROW_BYTES: usize = 320;

/// The columns as they are written, by name.
#[derive(Serialize)]
struct Written<'a> {
    operations_id: Uuid,
    view: &'a NamedView,
    stream_type: &'a StreamSort,
    stream_id: Uuid,
    from_position: u64,
    reason: Commitment,
    actor_id: ActorId,
    actor_role: Role,
    position: i64,
    parked_at: Timestamp,
}
