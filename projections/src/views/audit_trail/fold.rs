//! The fold of the audit trail: an event is a row.

use std::collections::HashMap;

use domain::copy::CopyEvent;
use domain::exam::ExamEvent;
use domain::{ActorId, Commitment, CopyId, ExamId, Role, Timestamp};
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::{VIEW, copy_act, exam_act};
use crate::projector::{FoldError, Projector, ViewName};
use crate::rows::{JsonRows, RowError, RowSink, time};
use crate::stream::{LedgerEvent, RecordedEvent, ReplayError, StreamId, StreamType};
use crate::table::{Made, Table, Tables};
use crate::views::row;

/// The fold.
#[derive(Debug)]
pub struct AuditTrail;

/// What a batch adds to a trail, and what its rows need to know from before.
#[derive(Debug, Default)]
pub struct NewRows {
    filename: Option<Commitment>,
    rows: Vec<Line<String, Box<RawValue>>>,
}

impl Projector for AuditTrail {
    const VIEW: ViewName = VIEW;
    const TABLES: &'static [Table] = &[Table {
        name: "audit_trail_v1",
        key: &["position"],
        made: Made::Rows { stream: "coalesce(copy_id, exam_id)" },
    }];
    const FOLLOWS: &'static [StreamType] = &[StreamType::Copy, StreamType::Exam];
    type State = NewRows;

    fn fold(state: &mut NewRows, recorded: &RecordedEvent) -> Result<(), FoldError> {
        if let Some(line) = state.line(recorded) {
            state.rows.push(line.kept().map_err(|error| FoldError::Untold(error.to_string()))?);
        }
        Ok(())
    }

    fn fold_out(
        state: &mut NewRows,
        recorded: &RecordedEvent,
        rows: &mut impl RowSink,
    ) -> Result<(), FoldError> {
        match state.line(recorded) {
            Some(line) => rows.row(TRAIL, &line).map_err(|error| FoldError::Untold(error.0)),
            None => Ok(()),
        }
    }

    fn weight(state: &NewRows) -> usize {
        size_of::<NewRows>() + state.rows.len() * (size_of::<Line<String, Box<RawValue>>>() + PARTS_BYTES)
    }

    fn rows(_: StreamId, state: &NewRows, rows: &mut impl RowSink) -> Result<(), RowError> {
        state.rows.iter().try_for_each(|row| rows.row(TRAIL, row))
    }

    async fn load(
        connection: &mut PgConnection,
        tables: Tables,
        _checkpoint: i64,
        events: &[&RecordedEvent],
    ) -> Result<HashMap<StreamId, NewRows>, ReplayError> {
        let importing: Vec<Uuid> = events
            .iter()
            .filter(|event| tells_of_an_import(event))
            .map(|event| event.stream.uuid())
            .collect();
        if importing.is_empty() {
            return Ok(HashMap::new());
        }
        let sql = tables.sql(include_str!("filenames.sql"));
        let rows: Vec<PgRow> = sqlx::query(&sql).bind(importing).fetch_all(connection).await?;
        let mut states = HashMap::with_capacity(rows.len());
        for row in &rows {
            let filename = row::optional_parsed(row, "filename")?.map(Commitment);
            let stream = StreamId::Copy(CopyId(row.try_get("copy_id")?));
            states.insert(stream, NewRows { filename, rows: Vec::new() });
        }
        Ok(states)
    }

    async fn save(
        connection: &mut PgConnection,
        tables: Tables,
        changed: &[(StreamId, &NewRows)],
    ) -> Result<(), sqlx::Error> {
        let rows = JsonRows::of::<Self>(changed)?;
        let sql = tables.sql(include_str!("save.sql"));
        sqlx::query(&sql).bind(rows.array(TRAIL)?).execute(connection).await?;
        Ok(())
    }
}

/// The index of the only table.
const TRAIL: usize = 0;
/// What the parts of one event that lie elsewhere take in memory, roughly, in bytes.
const PARTS_BYTES: usize = 512;

fn tells_of_an_import(recorded: &RecordedEvent) -> bool {
    matches!(
        recorded.event,
        LedgerEvent::Copy(CopyEvent::CopyImported { .. } | CopyEvent::CopyImportFailed { .. })
    )
}

/// The columns as they are written, by name.
#[derive(Debug, Serialize)]
struct Line<Text, Told> {
    position: i64,
    event_id: Uuid,
    copy_id: Option<CopyId>,
    exam_id: Option<ExamId>,
    sequence: i64,
    action: &'static str,
    event_type: &'static str,
    actor_id: ActorId,
    actor_role: Role,
    request_id: Text,
    command_id: Uuid,
    causation_id: Option<Uuid>,
    #[serde(serialize_with = "time")]
    recorded_at: Timestamp,
    metadata: Told,
}

/// What the event says beside what every event has.
enum Particulars<'a> {
    OfCopy(&'a CopyEvent, Option<Commitment>),
    OfExam(&'a ExamEvent),
}

impl Serialize for Particulars<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::OfCopy(event, filename) => copy_act::metadata(event, *filename, serializer),
            Self::OfExam(event) => exam_act::metadata(event, serializer),
        }
    }
}

impl NewRows {
    /// The row of an event of a copy, with the name of its file as it is known by then, or of an exam.
    fn line<'a>(&mut self, recorded: &'a RecordedEvent) -> Option<Line<&'a str, Particulars<'a>>> {
        if let LedgerEvent::Copy(CopyEvent::CopyImportRequested { filename, .. }) = &recorded.event {
            self.filename = *filename;
        }
        let (copy_id, exam_id) = match recorded.stream {
            StreamId::Copy(copy) => (Some(copy), None),
            StreamId::Exam(exam) => (None, Some(exam)),
            StreamId::Operations(_) | StreamId::Subject(_) => (None, None),
        };
        let (action, metadata) = match &recorded.event {
            LedgerEvent::Copy(event) => (event.audit_action(), Particulars::OfCopy(event, self.filename)),
            LedgerEvent::Exam(event) => (exam_act::action(event), Particulars::OfExam(event)),
            LedgerEvent::Operations(_) | LedgerEvent::Subject(_) => return None,
        };
        Some(Line {
            position: recorded.position,
            event_id: recorded.event_id,
            copy_id,
            exam_id,
            sequence: recorded.sequence,
            action,
            event_type: recorded.event.type_name(),
            actor_id: recorded.metadata.actor_id,
            actor_role: recorded.metadata.actor_role,
            request_id: &recorded.metadata.request_id,
            command_id: recorded.metadata.command_id,
            causation_id: recorded.metadata.causation_id,
            recorded_at: recorded.recorded_at,
            metadata,
        })
    }
}

impl Line<&str, Particulars<'_>> {
    /// The same without its event. What the event says is told at once: its words are fewer than its parts.
    fn kept(self) -> Result<Line<String, Box<RawValue>>, serde_json::Error> {
        Ok(Line {
            position: self.position,
            event_id: self.event_id,
            copy_id: self.copy_id,
            exam_id: self.exam_id,
            sequence: self.sequence,
            action: self.action,
            event_type: self.event_type,
            actor_id: self.actor_id,
            actor_role: self.actor_role,
            request_id: self.request_id.to_owned(),
            command_id: self.command_id,
            causation_id: self.causation_id,
            recorded_at: self.recorded_at,
            metadata: to_raw_value(&self.metadata)?,
        })
    }
}
