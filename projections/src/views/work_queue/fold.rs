//! The fold of the work queue: what each event leaves to do on its copy.

use std::collections::HashMap;

use domain::copy::CopyEvent;
use domain::{CopyId, Timestamp};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{VIEW, WorkItem, WorkKind};
use crate::projector::{FoldError, Projector, ViewName};
use crate::refold::begun_before;
use crate::rows::{JsonRows, RowError, RowSink};
use crate::stream::{LedgerEvent, RecordedEvent, ReplayError, StreamId, StreamType};
use crate::table::{Made, Table, Tables};

/// The fold.
#[derive(Debug)]
pub struct WorkQueue;

impl Projector for WorkQueue {
    const VIEW: ViewName = VIEW;
    const TABLES: &'static [Table] =
        &[Table { name: "work_queue_v1", key: &["copy_id"], made: Made::Rows { stream: "copy_id" } }];
    const FOLLOWS: &'static [StreamType] = &[StreamType::Copy];
    type State = Option<WorkItem>;

    fn fold(state: &mut Option<WorkItem>, recorded: &RecordedEvent) -> Result<(), FoldError> {
        if let Some(left) = left(recorded) {
            *state = left;
        }
        Ok(())
    }

    fn concerns(recorded: &RecordedEvent) -> bool {
        left(recorded).is_some()
    }

    fn weight(state: &Option<WorkItem>) -> usize {
        size_of::<Option<WorkItem>>() + state.as_ref().map_or(0, |item| item.request_id.len())
    }

    fn rows(_: StreamId, state: &Option<WorkItem>, rows: &mut impl RowSink) -> Result<(), RowError> {
        state.as_ref().map_or(Ok(()), |row| rows.row(ITEMS, row))
    }

    async fn load(
        connection: &mut PgConnection,
        tables: Tables,
        _checkpoint: i64,
        events: &[&RecordedEvent],
    ) -> Result<HashMap<StreamId, Option<WorkItem>>, ReplayError> {
        let begun: Vec<Uuid> = begun_before(events).iter().map(|stream| stream.uuid()).collect();
        let rows: Vec<WorkItem> =
            sqlx::query_as(&tables.sql("SELECT * FROM work_queue_v1 WHERE copy_id = ANY ($1)"))
                .bind(begun)
                .fetch_all(connection)
                .await?;
        Ok(rows.into_iter().map(|item| (StreamId::Copy(item.copy), Some(item))).collect())
    }

    async fn save(
        connection: &mut PgConnection,
        tables: Tables,
        changed: &[(StreamId, &Option<WorkItem>)],
    ) -> Result<(), sqlx::Error> {
        let done: Vec<Uuid> =
            changed.iter().filter(|(_, item)| item.is_none()).map(|(copy, _)| copy.uuid()).collect();
        sqlx::query(&tables.sql(include_str!("save.sql")))
            .bind(JsonRows::of::<Self>(changed)?.array(ITEMS)?)
            .bind(done)
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// The index of the only table.
const ITEMS: usize = 0;

/// What an event leaves to do on its copy, nothing included; none where it leaves what there was.
fn left(recorded: &RecordedEvent) -> Option<Option<WorkItem>> {
    use CopyEvent as E;
    let (StreamId::Copy(copy), LedgerEvent::Copy(event)) = (recorded.stream, &recorded.event) else {
        return None;
    };
    let asked = |kind, attempt| Some(Some(item(copy, kind, attempt, 0, None, recorded)));
    match event {
        E::CopyImportRequested { .. } => asked(WorkKind::Import, 1),
        E::CopyImportRetried { attempt, .. } => asked(WorkKind::Import, *attempt),
        E::FinalisationStarted { attempt, .. } => {
            // A retry goes on with the count of what failed before it.
            let failed = attempt.saturating_sub(1);
            Some(Some(item(copy, WorkKind::Finalise, *attempt, failed, None, recorded)))
        }
        E::CopyImportFailed { attempt, will_retry, .. } => {
            Some(will_retry.then(|| again(copy, WorkKind::Import, *attempt, recorded)))
        }
        E::FinalisationFailed { attempt, will_retry, .. } => {
            Some(will_retry.then(|| again(copy, WorkKind::RetryFinalisation, *attempt, recorded)))
        }
        // A lock on a copy whose finalisation failed means that a grader has it now, and finalises it anew.
        E::CopyImported { .. } | E::CopyGraded { .. } | E::LockAcquired { .. } | E::CopyVoided { .. } => {
            Some(None)
        }
        E::CopyValidated { .. }
        | E::LockRenewed { .. }
        | E::LockReleased { .. }
        | E::LockExpired { .. }
        | E::LockForceReleased { .. }
        | E::AnnotationAdded { .. }
        | E::AnnotationRevised { .. }
        | E::AnnotationRemoved { .. }
        | E::QuestionScored { .. }
        | E::RemarkSet { .. }
        | E::AppreciationSet { .. }
        | E::CopyIdentified { .. }
        | E::CopyUnidentified { .. }
        | E::CopyAssigned { .. }
        | E::CopyUnassigned { .. }
        | E::CopyExported { .. }
        | E::ScoreCorrected { .. }
        | E::CopyReopened { .. } => None,
    }
}

/// What is done again after `attempt` failed.
fn again(copy: CopyId, kind: WorkKind, attempt: u32, recorded: &RecordedEvent) -> WorkItem {
    item(copy, kind, attempt.saturating_add(1), attempt, Some(recorded.recorded_at), recorded)
}

fn item(
    copy: CopyId,
    kind: WorkKind,
    attempt: u32,
    failed_attempts: u32,
    last_failed_at: Option<Timestamp>,
    recorded: &RecordedEvent,
) -> WorkItem {
    WorkItem {
        copy,
        kind,
        attempt,
        failed_attempts,
        last_failed_at,
        request_id: recorded.metadata.request_id.clone(),
        causation_id: recorded.event_id,
        enqueued_at: recorded.recorded_at,
        position: recorded.position,
    }
}
