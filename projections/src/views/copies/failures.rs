//! Copies whose import or finalisation failed: what an operator is shown.

use domain::{CopyId, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgExecutor, Row};

use super::LastFailure;
use crate::views::row;

/// A copy whose import or finalisation failed, and has not ended well since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailedCopy {
    /// Which copy.
    pub copy: CopyId,
    /// How it failed.
    pub failure: LastFailure,
    /// When its last event was recorded: the failure itself, unless somebody asked for another try since.
    pub at: Timestamp,
    /// Whether nobody tries again unless somebody asks.
    pub given_up: bool,
}

/// How many copies wait for somebody to ask for another try.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GivenUp {
    /// Their imports.
    pub imports: u64,
    /// Their finalisations.
    pub finalisations: u64,
}

/// The copies that failed: those that were given up first, and the newest of each first.
///
/// # Errors
/// The database did not answer, or the row is not one that this build wrote.
pub async fn failures(executor: impl PgExecutor<'_>, most: u32) -> Result<Vec<FailedCopy>, sqlx::Error> {
    sqlx::query_as(include_str!("failures.sql")).bind(i64::from(most)).fetch_all(executor).await
}

/// How many were given up.
///
/// # Errors
/// As [`failures`].
pub async fn given_up(executor: impl PgExecutor<'_>) -> Result<GivenUp, sqlx::Error> {
    let row = sqlx::query(include_str!("given_up.sql")).fetch_one(executor).await?;
    Ok(GivenUp {
        imports: row::unsigned(&row, "imports")?,
        finalisations: row::unsigned(&row, "finalisations")?,
    })
}

impl<'r> FromRow<'r, PgRow> for FailedCopy {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            copy: CopyId(row.try_get("copy_id")?),
            failure: row::json(row, "last_failure")?,
            at: row::timestamp(row, "updated_at")?,
            given_up: row.try_get("given_up")?,
        })
    }
}
