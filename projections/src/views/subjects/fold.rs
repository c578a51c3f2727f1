//! The fold of subjects: the domain's own, and how its rows are written.

use std::collections::HashMap;

use domain::Timestamp;
use domain::subject::{Erasure, Subject, SubjectState};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::VIEW;
use crate::projector::{FoldError, Projector, ViewName};
use crate::refold::{begun_before, refold};
use crate::rows::{JsonRows, RowError, RowSink};
use crate::stream::{LedgerEvent, RecordedEvent, ReplayError, StreamId, StreamType};
use crate::table::{Made, Table, Tables};

/// The fold.
#[derive(Debug)]
pub struct Subjects;

/// A subject by the domain's own fold, and when it began and changed.
#[derive(Debug, Default)]
pub struct SubjectStanding {
    subject: Subject,
    first: Option<(i64, Timestamp)>,
    last: Option<(i64, Timestamp)>,
}

impl Projector for Subjects {
    const VIEW: ViewName = VIEW;
    const TABLES: &'static [Table] =
        &[Table { name: "subjects_v1", key: &["subject_id"], made: Made::Rows { stream: "subject_id" } }];
    const FOLLOWS: &'static [StreamType] = &[StreamType::Subject];
    const HELD_BYTES: usize = 4 << 20;
    type State = SubjectStanding;

    fn fold(state: &mut SubjectStanding, recorded: &RecordedEvent) -> Result<(), FoldError> {
        let LedgerEvent::Subject(event) = &recorded.event else { return Ok(()) };
        if u64::try_from(recorded.sequence) != Ok(state.subject.sequence + 1) {
            let folded = state.subject.sequence;
            return Err(FoldError::OutOfOrder { folded, sequence: recorded.sequence });
        }
        let at = (recorded.position, recorded.recorded_at);
        state.first.get_or_insert(at);
        state.last = Some(at);
        state.subject.fold(event.clone());
        Ok(())
    }

    fn weight(state: &SubjectStanding) -> usize {
        let holds = match &state.subject.state {
            SubjectState::Known(person) => person.holds.len(),
            SubjectState::Absent | SubjectState::Erasing { .. } | SubjectState::Erased { .. } => 0,
        };
        let copies = state.subject.state.destroyed_copies().map_or(0, <[_]>::len);
        size_of::<SubjectStanding>() + holds * HOLD_BYTES + copies * size_of::<Uuid>()
    }

    fn rows(stream: StreamId, state: &SubjectStanding, rows: &mut impl RowSink) -> Result<(), RowError> {
        written(stream, state).map_or(Ok(()), |row| rows.row(SUBJECTS, &row))
    }

    async fn load(
        connection: &mut PgConnection,
        _tables: Tables,
        checkpoint: i64,
        events: &[&RecordedEvent],
    ) -> Result<HashMap<StreamId, SubjectStanding>, ReplayError> {
        refold::<Self>(connection, &begun_before(events), checkpoint).await
    }

    async fn save(
        connection: &mut PgConnection,
        tables: Tables,
        changed: &[(StreamId, &SubjectStanding)],
    ) -> Result<(), sqlx::Error> {
        let rows = JsonRows::of::<Self>(changed)?;
        let sql = tables.sql(include_str!("save.sql"));
        sqlx::query(&sql).bind(rows.array(SUBJECTS)?).execute(connection).await?;
        Ok(())
    }
}

/// The index of the only table.
const SUBJECTS: usize = 0;
/// What a hold takes in a map, in bytes.
const HOLD_BYTES: usize = 64;

/// The columns as they are written, by name.
#[derive(Serialize)]
struct Written<'a> {
    subject_id: Uuid,
    erasure: &'static str,
    holds: usize,
    standing: &'a Subject,
    sequence: u64,
    position: i64,
    created_position: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

fn written(stream: StreamId, state: &SubjectStanding) -> Option<Written<'_>> {
    let (erasure, holds) = match &state.subject.state {
        SubjectState::Absent => return None,
        SubjectState::Known(person) => {
            let erasure = match person.erasure {
                Erasure::NotWanted => "NONE",
                Erasure::Requested { .. } => "REQUESTED",
                Erasure::Approved { .. } => "APPROVED",
            };
            (erasure, person.holds.len())
        }
        SubjectState::Erasing { .. } => ("STARTED", 0),
        SubjectState::Erased { .. } => ("ERASED", 0),
    };
    let ((created_position, created_at), (position, updated_at)) = (state.first?, state.last?);
    Some(Written {
        subject_id: stream.uuid(),
        erasure,
        holds,
        standing: &state.subject,
        sequence: state.subject.sequence,
        position,
        created_position,
        created_at,
        updated_at,
    })
}
