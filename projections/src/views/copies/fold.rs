//! The fold of copies, and how its rows and counts are written.

use std::collections::HashMap;

use domain::copy::{CopyEvent, CopyStatus, ExamCopy};
use domain::{ActorId, AnonymousId, CopyId, ExamId, Points, SubjectId, Timestamp};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::weight::weight;
use super::{CopyBody, CopyRow, FailedWork, LastFailure, VIEW};
use crate::projector::{FoldError, Projector, ViewName};
use crate::refold::{begun_before, refold};
use crate::rows::{JsonRows, RowError, RowSink};
use crate::stream::{LedgerEvent, RecordedEvent, ReplayError, StreamId, StreamType};
use crate::table::{Made, Table, Tables};

/// The fold.
#[derive(Debug)]
pub struct Copies;

/// A copy by the domain's own fold, and what the row has beside it.
#[derive(Debug, Default)]
pub struct CopyStanding {
    copy: ExamCopy,
    last_failure: Option<LastFailure>,
    first: Option<(i64, Timestamp)>,
    last: Option<(i64, Timestamp)>,
}

impl CopyStanding {
    /// The row of the view that this state stands for; none before the first event.
    pub(crate) fn row(&self, copy: CopyId) -> Option<CopyRow> {
        let ((created_position, created_at), (position, updated_at)) = (self.first?, self.last?);
        Some(CopyRow {
            copy,
            body: CopyBody::of(&self.copy)?,
            last_failure: self.last_failure,
            position,
            created_position,
            created_at,
            updated_at,
        })
    }

    /// The total as marked so far; none while the copy has no marking.
    pub(crate) fn total(&self) -> Option<Points> {
        self.copy.state.paper().map(|paper| paper.breakdown().total())
    }
}

impl Projector for Copies {
    const VIEW: ViewName = VIEW;
    const TABLES: &'static [Table] = &[
        Table { name: "copies_v2", key: &["copy_id"], made: Made::Rows { stream: "copy_id" } },
        Table {
            name: "copy_status_counts_v2",
            key: &["exam_id", "status"],
            made: Made::Derived { select: include_str!("count.sql") },
        },
    ];
    const FOLLOWS: &'static [StreamType] = &[StreamType::Copy];
    const HELD_BYTES: usize = 64 << 20;
    type State = CopyStanding;

    fn fold(state: &mut CopyStanding, recorded: &RecordedEvent) -> Result<(), FoldError> {
        let LedgerEvent::Copy(event) = &recorded.event else { return Ok(()) };
        if u64::try_from(recorded.sequence) != Ok(state.copy.sequence + 1) {
            return Err(FoldError::OutOfOrder { folded: state.copy.sequence, sequence: recorded.sequence });
        }
        state.last_failure = last_failure(state.last_failure, event);
        let at = (recorded.position, recorded.recorded_at);
        state.first.get_or_insert(at);
        state.last = Some(at);
        // The one fold of a copy is the domain's, so that no total but its own can stand in a row (L8).
        state.copy.fold(event.clone());
        Ok(())
    }

    fn weight(state: &CopyStanding) -> usize {
        size_of::<CopyStanding>() + weight(&state.copy)
    }

    fn rows(stream: StreamId, state: &CopyStanding, rows: &mut impl RowSink) -> Result<(), RowError> {
        written(stream, state).map_or(Ok(()), |row| rows.row(COPIES, &row))
    }

    async fn load(
        connection: &mut PgConnection,
        _tables: Tables,
        checkpoint: i64,
        events: &[&RecordedEvent],
    ) -> Result<HashMap<StreamId, CopyStanding>, ReplayError> {
        refold::<Self>(connection, &begun_before(events), checkpoint).await
    }

    async fn save(
        connection: &mut PgConnection,
        tables: Tables,
        changed: &[(StreamId, &CopyStanding)],
    ) -> Result<(), sqlx::Error> {
        let rows = JsonRows::of::<Self>(changed)?;
        let sql = tables.sql(include_str!("save.sql"));
        sqlx::query(&sql).bind(rows.array(COPIES)?).execute(connection).await?;
        Ok(())
    }
}

/// The index of the table that has a row a copy.
const COPIES: usize = 0;

fn last_failure(standing: Option<LastFailure>, event: &CopyEvent) -> Option<LastFailure> {
    use CopyEvent as E;
    match event {
        E::CopyImportFailed { attempt, stage, error_type, will_retry, .. } => Some(LastFailure {
            work: FailedWork::Import,
            attempt: *attempt,
            stage: *stage,
            error_type: *error_type,
            will_retry: *will_retry,
        }),
        E::FinalisationFailed { attempt, stage, error_type, will_retry, .. } => Some(LastFailure {
            work: FailedWork::Finalisation,
            attempt: *attempt,
            stage: *stage,
            error_type: *error_type,
            will_retry: *will_retry,
        }),
        E::CopyImported { .. } | E::CopyGraded { .. } => None,
        E::CopyImportRequested { .. }
        | E::CopyImportRetried { .. }
        | E::CopyValidated { .. }
        | E::LockAcquired { .. }
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
        | E::FinalisationStarted { .. }
        | E::CopyIdentified { .. }
        | E::CopyUnidentified { .. }
        | E::CopyAssigned { .. }
        | E::CopyUnassigned { .. }
        | E::CopyExported { .. }
        | E::ScoreCorrected { .. }
        | E::CopyReopened { .. }
        | E::CopyVoided { .. } => standing,
    }
}

/// The columns as they are written, by name.
#[derive(Serialize)]
struct Written {
    copy_id: Uuid,
    exam_id: ExamId,
    anonymous_id: AnonymousId,
    status: Option<CopyStatus>,
    total_hundredths: Option<Points>,
    subject_id: Option<SubjectId>,
    assigned_to: Option<ActorId>,
    sequence: u64,
    position: i64,
    created_position: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
    last_failure: Option<LastFailure>,
    body: CopyBody,
}

fn written(stream: StreamId, state: &CopyStanding) -> Option<Written> {
    let body = CopyBody::of(&state.copy)?;
    let ((created_position, created_at), (position, updated_at)) = (state.first?, state.last?);
    Some(Written {
        copy_id: stream.uuid(),
        exam_id: body.exam,
        anonymous_id: body.anonymous_id.clone(),
        status: body.status,
        total_hundredths: body.total,
        subject_id: body.subject,
        assigned_to: body.assigned_to,
        sequence: body.sequence,
        position,
        created_position,
        created_at,
        updated_at,
        last_failure: state.last_failure,
        body,
    })
}
