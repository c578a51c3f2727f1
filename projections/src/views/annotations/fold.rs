//! The fold of annotations.

use std::collections::{BTreeSet, HashMap};

use domain::copy::{CopyEvent, Mark};
use domain::{ActorId, AnnotationId, Commitment, CopyId, Digest, Points, QuestionId, Timestamp};
use serde::Serialize;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::{AnnotationRow, VIEW};
use crate::projector::{FoldError, Projector, ViewName};
use crate::rows::{JsonRows, RowError, RowSink, time};
use crate::stream::{LedgerEvent, RecordedEvent, ReplayError, StreamId, StreamType};
use crate::table::{Made, Table, Tables};

/// The fold.
#[derive(Debug)]
pub struct Annotations;

/// Those annotations of a copy that a batch is about, and the number given last.
#[derive(Debug, Default)]
pub struct CopyAnnotations {
    rows: HashMap<AnnotationId, AnnotationRow>,
    given: u32,
}

impl Projector for Annotations {
    const VIEW: ViewName = VIEW;
    const TABLES: &'static [Table] = &[Table {
        name: "annotations_v1",
        key: &["copy_id", "annotation_id"],
        made: Made::Rows { stream: "copy_id" },
    }];
    const FOLLOWS: &'static [StreamType] = &[StreamType::Copy];
    type State = CopyAnnotations;

    fn fold(state: &mut CopyAnnotations, recorded: &RecordedEvent) -> Result<(), FoldError> {
        use CopyEvent as E;
        let (StreamId::Copy(copy), LedgerEvent::Copy(event)) = (recorded.stream, &recorded.event) else {
            return Ok(());
        };
        match event {
            E::AnnotationAdded { annotation, page_index, page, mark } => {
                state.given = state.given.saturating_add(1);
                let row = added(copy, *annotation, state.given, (*page_index, *page), mark, recorded);
                state.rows.insert(*annotation, row);
            }
            E::AnnotationRevised { annotation, from_revision, after, .. } => {
                let row = state.standing(*annotation, recorded)?;
                row.revision = from_revision.saturating_add(1);
                row.mark = after.clone();
            }
            E::AnnotationRemoved { annotation, .. } => {
                state.standing(*annotation, recorded)?.removed_at = Some(recorded.recorded_at);
            }
            // A voided copy keeps the marks that stood on it.
            E::CopyImportRequested { .. }
            | E::CopyImported { .. }
            | E::CopyImportFailed { .. }
            | E::CopyImportRetried { .. }
            | E::CopyValidated { .. }
            | E::LockAcquired { .. }
            | E::LockRenewed { .. }
            | E::LockReleased { .. }
            | E::LockExpired { .. }
            | E::LockForceReleased { .. }
            | E::QuestionScored { .. }
            | E::RemarkSet { .. }
            | E::AppreciationSet { .. }
            | E::FinalisationStarted { .. }
            | E::CopyGraded { .. }
            | E::FinalisationFailed { .. }
            | E::CopyIdentified { .. }
            | E::CopyUnidentified { .. }
            | E::CopyAssigned { .. }
            | E::CopyUnassigned { .. }
            | E::CopyExported { .. }
            | E::ScoreCorrected { .. }
            | E::CopyReopened { .. }
            | E::CopyVoided { .. } => {}
        }
        Ok(())
    }

    fn concerns(event: &RecordedEvent) -> bool {
        adds(event) || changed(event).is_some()
    }

    fn weight(state: &CopyAnnotations) -> usize {
        // A row, its key, what the map leaves free, and the texts of a question or two.
        size_of::<CopyAnnotations>() + state.rows.len() * (size_of::<AnnotationRow>() * 3 / 2 + 32)
    }

    fn rows(_: StreamId, state: &CopyAnnotations, rows: &mut impl RowSink) -> Result<(), RowError> {
        state.rows.values().try_for_each(|row| rows.row(ANNOTATIONS, &written(row)))
    }

    async fn load(
        connection: &mut PgConnection,
        tables: Tables,
        _checkpoint: i64,
        events: &[&RecordedEvent],
    ) -> Result<HashMap<StreamId, CopyAnnotations>, ReplayError> {
        let mut states: HashMap<StreamId, CopyAnnotations> = HashMap::new();
        let (copies, annotations): (Vec<Uuid>, Vec<Uuid>) =
            events.iter().filter_map(|event| Some((event.stream.uuid(), changed(event)?.0))).unzip();
        let standing: Vec<AnnotationRow> = sqlx::query_as(&tables.sql(include_str!("load.sql")))
            .bind(copies)
            .bind(annotations)
            .fetch_all(&mut *connection)
            .await?;
        for row in standing {
            states.entry(StreamId::Copy(row.copy)).or_default().rows.insert(row.annotation, row);
        }
        let growing: BTreeSet<Uuid> =
            events.iter().filter(|event| adds(event)).map(|event| event.stream.uuid()).collect();
        let growing: Vec<Uuid> = growing.into_iter().collect();
        let sql = tables.sql(include_str!("numbers.sql"));
        let numbers = sqlx::query(&sql).bind(growing).fetch_all(connection).await?;
        for row in numbers {
            let given: Option<i32> = row.try_get("given")?;
            let stream = StreamId::Copy(CopyId(row.try_get("copy_id")?));
            states.entry(stream).or_default().given =
                given.and_then(|number| number.try_into().ok()).unwrap_or(0);
        }
        Ok(states)
    }

    async fn save(
        connection: &mut PgConnection,
        tables: Tables,
        changed: &[(StreamId, &CopyAnnotations)],
    ) -> Result<(), sqlx::Error> {
        let rows = JsonRows::of::<Self>(changed)?;
        if rows.count(ANNOTATIONS) > 0 {
            let sql = tables.sql(include_str!("save.sql"));
            sqlx::query(&sql).bind(rows.array(ANNOTATIONS)?).execute(connection).await?;
        }
        Ok(())
    }
}

/// The index of the only table.
const ANNOTATIONS: usize = 0;

impl CopyAnnotations {
    /// Every annotation that this state has met, the removed ones too, in no order.
    pub(crate) fn known(&self) -> impl Iterator<Item = &AnnotationRow> {
        self.rows.values()
    }

    /// One of them.
    pub(crate) fn of(&self, annotation: AnnotationId) -> Option<&AnnotationRow> {
        self.rows.get(&annotation)
    }

    fn standing(
        &mut self,
        annotation: AnnotationId,
        recorded: &RecordedEvent,
    ) -> Result<&mut AnnotationRow, FoldError> {
        let row = self.rows.get_mut(&annotation);
        let row = row.ok_or_else(|| FoldError::Unknown(format!("annotation {annotation}")))?;
        row.updated_by = recorded.metadata.actor_id;
        row.updated_at = recorded.recorded_at;
        row.position = recorded.position;
        Ok(row)
    }
}

fn added(
    copy: CopyId,
    annotation: AnnotationId,
    number: u32,
    (page_index, page): (u32, Digest),
    mark: &Mark,
    recorded: &RecordedEvent,
) -> AnnotationRow {
    AnnotationRow {
        copy,
        annotation,
        number,
        revision: 1,
        page_index,
        page,
        mark: mark.clone(),
        created_by: recorded.metadata.actor_id,
        created_at: recorded.recorded_at,
        updated_by: recorded.metadata.actor_id,
        updated_at: recorded.recorded_at,
        removed_at: None,
        position: recorded.position,
    }
}

/// The annotation whose row an event needs, because it changes it.
fn changed(recorded: &RecordedEvent) -> Option<AnnotationId> {
    match &recorded.event {
        LedgerEvent::Copy(
            CopyEvent::AnnotationRevised { annotation, .. } | CopyEvent::AnnotationRemoved { annotation, .. },
        ) => Some(*annotation),
        LedgerEvent::Copy(_)
        | LedgerEvent::Exam(_)
        | LedgerEvent::Operations(_)
        | LedgerEvent::Subject(_) => None,
    }
}

fn adds(recorded: &RecordedEvent) -> bool {
    matches!(recorded.event, LedgerEvent::Copy(CopyEvent::AnnotationAdded { .. }))
}

/// The columns as they are written, by name.
#[derive(Serialize)]
struct Written<'a> {
    copy_id: CopyId,
    annotation_id: AnnotationId,
    number: u32,
    revision: u32,
    page_index: u32,
    page: Digest,
    x: u32,
    y: u32,
    width: u32,
    height: u32,
    kind: &'static str,
    points_hundredths: Option<Points>,
    question: Option<&'a QuestionId>,
    text: Option<Commitment>,
    created_by: ActorId,
    #[serde(serialize_with = "time")]
    created_at: Timestamp,
    updated_by: ActorId,
    #[serde(serialize_with = "time")]
    updated_at: Timestamp,
    removed_at: Option<Timestamp>,
    position: i64,
}

fn written(row: &AnnotationRow) -> Written<'_> {
    let Mark { area, kind, points, question, text } = &row.mark;
    Written {
        copy_id: row.copy,
        annotation_id: row.annotation,
        number: row.number,
        revision: row.revision,
        page_index: row.page_index,
        page: row.page,
        x: area.x,
        y: area.y,
        width: area.width,
        height: area.height,
        kind: kind.as_str(),
        points_hundredths: *points,
        question: question.as_ref(),
        text: *text,
        created_by: row.created_by,
        created_at: row.created_at,
        updated_by: row.updated_by,
        updated_at: row.updated_at,
        removed_at: row.removed_at,
        position: row.position,
    }
}
