//! What workers have to do: scans to import, copies to finalise, failed finalisations to start again.
//!
//! That a worker has claimed an item, and whether it lives, is no fact of the stream: claims are the workers' own.

mod fold;

use domain::{CopyId, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgExecutor, Row};
use uuid::Uuid;

use super::page::PageSize;
use super::row;
use crate::projector::ViewName;

pub use fold::WorkQueue;

/// The view.
pub const VIEW: ViewName = ViewName { name: "work_queue", version: 1 };

/// The table, for the workers' own statement that claims an item.
pub const TABLE: &str = "work_queue_v1";

/// Something to do. A copy has at most one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorkItem {
    /// On which copy.
    #[serde(rename = "copy_id")]
    pub copy: CopyId,
    /// What.
    pub kind: WorkKind,
    /// The attempt that this is, from 1.
    pub attempt: u32,
    /// How many attempts failed since someone last asked for it: what a worker's patience grows with.
    pub failed_attempts: u32,
    /// When the last of those failed.
    pub last_failed_at: Option<Timestamp>,
    /// The request that all of this began with, to carry on into the worker's logs and events.
    pub request_id: String,
    /// The event that asks for the work: the causation of what the worker records.
    pub causation_id: Uuid,
    /// When that event was recorded.
    pub enqueued_at: Timestamp,
    /// That event's position: the order of the queue.
    pub position: i64,
}

/// The kinds of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WorkKind {
    /// Read the scan, and record its pages.
    Import,
    /// Make the final PDF of the finalisation that runs.
    Finalise,
    /// Start a finalisation again that failed.
    RetryFinalisation,
}

impl WorkKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Import, Self::Finalise, Self::RetryFinalisation];

    /// As it stands in the table, in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Import => "IMPORT",
            Self::Finalise => "FINALISE",
            Self::RetryFinalisation => "RETRY_FINALISATION",
        }
    }
}

/// How long work rests after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// After the first failure; twice as long after each further one. In milliseconds.
    pub first_ms: u32,
    /// Never longer than this, in milliseconds.
    pub longest_ms: u32,
}

/// The items of the kinds `kinds` that may be done now, by Postgres's clock, the oldest first.
///
/// # Errors
/// The database did not answer, or the row is not one that this build wrote.
pub async fn due(
    executor: impl PgExecutor<'_>,
    kinds: &[WorkKind],
    patience: Patience,
    size: PageSize,
) -> Result<Vec<WorkItem>, sqlx::Error> {
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    sqlx::query_as(include_str!("due.sql"))
        .bind(kinds)
        .bind(f64::from(patience.first_ms))
        .bind(f64::from(patience.longest_ms))
        .bind(i64::from(size.items()))
        .fetch_all(executor)
        .await
}

/// What there is to do on a copy, whether it may be done now or rests.
///
/// # Errors
/// As [`due`].
pub async fn of_copy(executor: impl PgExecutor<'_>, copy: CopyId) -> Result<Option<WorkItem>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM work_queue_v1 WHERE copy_id = $1")
        .bind(copy.0)
        .fetch_optional(executor)
        .await
}

/// How much of one kind waits, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// What kind.
    pub kind: WorkKind,
    /// How many items.
    pub items: u64,
    /// How long the oldest has waited by Postgres's clock, in milliseconds; 0 where there is none.
    pub oldest_ms: u64,
}

/// The backlog of each kind; every kind is there.
///
/// # Errors
/// As [`due`].
pub async fn backlog(executor: impl PgExecutor<'_>) -> Result<Vec<Backlog>, sqlx::Error> {
    let rows: Vec<PgRow> = sqlx::query(include_str!("backlog.sql")).fetch_all(executor).await?;
    let mut backlog = WorkKind::ALL.map(|kind| Backlog { kind, items: 0, oldest_ms: 0 });
    for row in &rows {
        let kind: WorkKind = row::named(row, "kind")?;
        for entry in backlog.iter_mut().filter(|entry| entry.kind == kind) {
            entry.items = row::unsigned(row, "items")?;
            entry.oldest_ms = row::unsigned(row, "oldest_ms")?;
        }
    }
    Ok(backlog.to_vec())
}

impl<'r> FromRow<'r, PgRow> for WorkItem {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            copy: CopyId(row.try_get("copy_id")?),
            kind: row::named(row, "kind")?,
            attempt: row::unsigned_int(row, "attempt")?,
            failed_attempts: row::unsigned_int(row, "failed_attempts")?,
            last_failed_at: row::optional_timestamp(row, "last_failed_at")?,
            request_id: row.try_get("request_id")?,
            causation_id: row.try_get("causation_id")?,
            enqueued_at: row::timestamp(row, "enqueued_at")?,
            position: row.try_get("position")?,
        })
    }
}
