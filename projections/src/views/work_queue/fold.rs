//! The fold of the work queue: what each event leaves to do on its copy.

use std::collections::HashMap;

use domain::copy::CopyEvent;
use domain::{CopyId, Timestamp};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{VIEW, WorkItem, WorkKind};
use crate::projector::{FoldError, Projector, ViewName};
use crate::stream::{LedgerEvent, RecordedEvent, ReplayError, StreamId, StreamType};
use crate::views::row;

/// The fold.
#[derive(Debug)]
pub struct WorkQueue;

impl Projector for WorkQueue {
    const VIEW: ViewName = VIEW;
    const TABLES: &'static [&'static str] = &["work_queue_v1"];
    const FOLLOWS: &'static [StreamType] = &[StreamType::Copy];
    type State = Option<WorkItem>;

    fn fold(state: &mut Option<WorkItem>, recorded: &RecordedEvent) -> Result<(), FoldError> {
        use CopyEvent as E;
        let (StreamId::Copy(copy), LedgerEvent::Copy(event)) = (recorded.stream, &recorded.event) else {
            return Ok(());
        };
        let asked = |kind, attempt| Some(item(copy, kind, attempt, 0, None, recorded));
        match event {
            E::CopyImportRequested { .. } => *state = asked(WorkKind::Import, 1),
            E::CopyImportRetried { attempt } => *state = asked(WorkKind::Import, *attempt),
            E::FinalisationStarted { attempt, .. } => {
                // A retry goes on with the count of what failed before it.
                let failed = attempt.saturating_sub(1);
                *state = Some(item(copy, WorkKind::Finalise, *attempt, failed, None, recorded));
            }
            E::CopyImportFailed { attempt, will_retry, .. } => {
                *state = will_retry.then(|| again(copy, WorkKind::Import, *attempt, recorded));
            }
            E::FinalisationFailed { attempt, will_retry, .. } => {
                *state = will_retry.then(|| again(copy, WorkKind::RetryFinalisation, *attempt, recorded));
            }
            // A lock on a copy whose finalisation failed means that a grader has it now, and finalises it anew.
            E::CopyImported { .. } | E::CopyGraded { .. } | E::LockAcquired { .. } | E::CopyVoided { .. } => {
                *state = None;
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
            | E::CopyExported { .. }
            | E::ScoreCorrected { .. }
            | E::CopyReopened { .. } => {}
        }
        Ok(())
    }

    async fn load(
        connection: &mut PgConnection,
        _checkpoint: i64,
        events: &[&RecordedEvent],
    ) -> Result<HashMap<StreamId, Option<WorkItem>>, ReplayError> {
        let rows: Vec<WorkItem> = sqlx::query_as("SELECT * FROM work_queue_v1 WHERE copy_id = ANY ($1)")
            .bind(row::streams_begun_before(events))
            .fetch_all(connection)
            .await?;
        Ok(rows.into_iter().map(|item| (StreamId::Copy(item.copy), Some(item))).collect())
    }

    async fn save(
        connection: &mut PgConnection,
        changed: &[(StreamId, &Option<WorkItem>)],
    ) -> Result<(), sqlx::Error> {
        let to_do: Vec<&WorkItem> = changed.iter().filter_map(|(_, item)| item.as_ref()).collect();
        let done: Vec<Uuid> =
            changed.iter().filter(|(_, item)| item.is_none()).map(|(copy, _)| copy.uuid()).collect();
        sqlx::query(include_str!("save.sql"))
            .bind(row::recordset(&to_do)?)
            .bind(done)
            .execute(connection)
            .await?;
        Ok(())
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
