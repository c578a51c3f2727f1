//! All locks together: what an operator is shown.

use sqlx::PgExecutor;

use super::LockRow;
use crate::views::row;

/// How many locks stand, and how many of them only because nobody recorded their end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LockCounts {
    /// How many stand.
    pub locks: u64,
    /// How long ago the oldest of them was taken, by Postgres's clock, in milliseconds; 0 where none stands.
    pub oldest_ms: u64,
    /// How many of those are past their end.
    pub ended: u64,
    /// How long ago the first of them ended, by Postgres's clock, in milliseconds; 0 where none is past its end.
    pub ended_ms: u64,
}

/// The counts.
///
/// # Errors
/// The database did not answer.
pub async fn counts(executor: impl PgExecutor<'_>) -> Result<LockCounts, sqlx::Error> {
    let row = sqlx::query(include_str!("standing.sql")).fetch_one(executor).await?;
    Ok(LockCounts {
        locks: row::unsigned(&row, "locks")?,
        oldest_ms: row::unsigned(&row, "oldest_ms")?,
        ended: row::unsigned(&row, "ended")?,
        ended_ms: row::unsigned(&row, "ended_ms")?,
    })
}

/// The locks that stand for the longest.
///
/// # Errors
/// The database did not answer, or the row is not one that this build wrote.
pub async fn oldest(executor: impl PgExecutor<'_>, most: u32) -> Result<Vec<LockRow>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM copy_locks_v1 ORDER BY acquired_at LIMIT $1")
        .bind(i64::from(most))
        .fetch_all(executor)
        .await
}
