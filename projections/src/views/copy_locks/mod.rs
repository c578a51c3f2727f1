//! The locks that stand: who has which copy in hand, and until when.

mod standing;

use std::collections::HashMap;

use domain::copy::CopyEvent;
use domain::{ActorId, CopyId, LockId, Timestamp};
use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, PgExecutor, Row};
use uuid::Uuid;

use super::page::PageSize;
use super::row;
use crate::projector::{FoldError, Projector, ViewName};
use crate::refold::begun_before;
use crate::rows::{JsonRows, RowError, RowSink};
use crate::stream::{LedgerEvent, RecordedEvent, ReplayError, StreamId, StreamType};
use crate::table::{Made, Table, Tables};

pub use standing::{LockCounts, counts, oldest};

/// The view.
pub const VIEW: ViewName = ViewName { name: "copy_locks", version: 1 };

/// A lock that stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LockRow {
    /// On which copy.
    #[serde(rename = "copy_id")]
    pub copy: CopyId,
    /// Which lock.
    #[serde(rename = "lock_id")]
    pub lock: LockId,
    /// Whose it is.
    pub owner: ActorId,
    /// How long the lease was when it was given or last renewed, in seconds.
    pub ttl_seconds: u32,
    /// When the copy was taken in hand.
    pub acquired_at: Timestamp,
    /// When the lease ends.
    pub expires_at: Timestamp,
    /// The position of the lock's last event.
    pub position: i64,
}

/// The lock that stands on a copy, lapsed or not.
///
/// # Errors
/// The database did not answer, or the row is not one that this build wrote.
pub async fn of_copy(executor: impl PgExecutor<'_>, copy: CopyId) -> Result<Option<LockRow>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM copy_locks_v1 WHERE copy_id = $1")
        .bind(copy.0)
        .fetch_optional(executor)
        .await
}

/// Locks whose lease is over by Postgres's clock, the longest over first: what the sweeper has to expire.
///
/// # Errors
/// As [`of_copy`].
pub async fn expired(executor: impl PgExecutor<'_>, size: PageSize) -> Result<Vec<LockRow>, sqlx::Error> {
    sqlx::query_as(include_str!("expired.sql")).bind(i64::from(size.items())).fetch_all(executor).await
}

/// The fold.
#[derive(Debug)]
pub struct CopyLocks;

impl Projector for CopyLocks {
    const VIEW: ViewName = VIEW;
    const TABLES: &'static [Table] =
        &[Table { name: "copy_locks_v1", key: &["copy_id"], made: Made::Rows { stream: "copy_id" } }];
    const FOLLOWS: &'static [StreamType] = &[StreamType::Copy];
    const HELD_BYTES: usize = 4 << 20;
    type State = Option<LockRow>;

    fn fold(state: &mut Option<LockRow>, recorded: &RecordedEvent) -> Result<(), FoldError> {
        match change(recorded) {
            None => {}
            Some(Change::Begins(row)) => *state = Some(row),
            Some(Change::GoesOn { lock, ttl_seconds, expires_at }) => {
                let standing = state.as_mut().filter(|standing| standing.lock == lock);
                let standing = standing.ok_or_else(|| FoldError::Unknown(format!("lock {lock}")))?;
                standing.ttl_seconds = ttl_seconds;
                standing.expires_at = expires_at;
                standing.position = recorded.position;
            }
            Some(Change::Ends) => *state = None,
        }
        Ok(())
    }

    fn concerns(recorded: &RecordedEvent) -> bool {
        change(recorded).is_some()
    }

    fn weight(_: &Option<LockRow>) -> usize {
        size_of::<Option<LockRow>>()
    }

    fn rows(_: StreamId, state: &Option<LockRow>, rows: &mut impl RowSink) -> Result<(), RowError> {
        state.as_ref().map_or(Ok(()), |row| rows.row(LOCKS, row))
    }

    async fn load(
        connection: &mut PgConnection,
        tables: Tables,
        _checkpoint: i64,
        events: &[&RecordedEvent],
    ) -> Result<HashMap<StreamId, Option<LockRow>>, ReplayError> {
        let begun: Vec<Uuid> = begun_before(events).iter().map(|stream| stream.uuid()).collect();
        let rows: Vec<LockRow> =
            sqlx::query_as(&tables.sql("SELECT * FROM copy_locks_v1 WHERE copy_id = ANY ($1)"))
                .bind(begun)
                .fetch_all(connection)
                .await?;
        Ok(rows.into_iter().map(|lock| (StreamId::Copy(lock.copy), Some(lock))).collect())
    }

    async fn save(
        connection: &mut PgConnection,
        tables: Tables,
        changed: &[(StreamId, &Option<LockRow>)],
    ) -> Result<(), sqlx::Error> {
        let ended: Vec<Uuid> =
            changed.iter().filter(|(_, lock)| lock.is_none()).map(|(copy, _)| copy.uuid()).collect();
        sqlx::query(&tables.sql(include_str!("save.sql")))
            .bind(JsonRows::of::<Self>(changed)?.array(LOCKS)?)
            .bind(ended)
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// The index of the only table.
const LOCKS: usize = 0;

/// What becomes of the lock of a copy.
enum Change {
    Begins(LockRow),
    GoesOn { lock: LockId, ttl_seconds: u32, expires_at: Timestamp },
    Ends,
}

/// What an event does to the lock of its copy; none where it does nothing to it.
fn change(recorded: &RecordedEvent) -> Option<Change> {
    use CopyEvent as E;
    let (StreamId::Copy(copy), LedgerEvent::Copy(event)) = (recorded.stream, &recorded.event) else {
        return None;
    };
    match event {
        E::LockAcquired { lock, owner, ttl_seconds, expires_at } => Some(Change::Begins(LockRow {
            copy,
            lock: *lock,
            owner: *owner,
            ttl_seconds: *ttl_seconds,
            acquired_at: recorded.recorded_at,
            expires_at: *expires_at,
            position: recorded.position,
        })),
        E::LockRenewed { lock, ttl_seconds, expires_at, .. } => {
            Some(Change::GoesOn { lock: *lock, ttl_seconds: *ttl_seconds, expires_at: *expires_at })
        }
        E::LockReleased { .. }
        | E::LockExpired { .. }
        | E::LockForceReleased { .. }
        | E::FinalisationStarted { .. }
        | E::CopyVoided { .. } => Some(Change::Ends),
        E::CopyImportRequested { .. }
        | E::CopyImported { .. }
        | E::CopyImportFailed { .. }
        | E::CopyImportRetried { .. }
        | E::CopyValidated { .. }
        | E::AnnotationAdded { .. }
        | E::AnnotationRevised { .. }
        | E::AnnotationRemoved { .. }
        | E::QuestionScored { .. }
        | E::RemarkSet { .. }
        | E::AppreciationSet { .. }
        | E::CopyGraded { .. }
        | E::FinalisationFailed { .. }
        | E::CopyIdentified { .. }
        | E::CopyUnidentified { .. }
        | E::CopyAssigned { .. }
        | E::CopyUnassigned { .. }
        | E::CopyExported { .. }
        | E::ScoreCorrected { .. }
        | E::CopyReopened { .. } => None,
    }
}

impl<'r> FromRow<'r, PgRow> for LockRow {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            copy: CopyId(row.try_get("copy_id")?),
            lock: LockId(row.try_get("lock_id")?),
            owner: ActorId(row.try_get("owner")?),
            ttl_seconds: row::unsigned_int(row, "ttl_seconds")?,
            acquired_at: row::timestamp(row, "acquired_at")?,
            expires_at: row::timestamp(row, "expires_at")?,
            position: row.try_get("position")?,
        })
    }
}
