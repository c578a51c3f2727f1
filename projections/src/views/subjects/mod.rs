//! Subjects as they stand, by their pseudonyms: holds, and how far an erasure is.

mod fold;

use domain::subject::Subject;
use domain::{SubjectId, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgExecutor, Row};

use super::page::{PageSize, Slice};
use super::row;
use crate::projector::ViewName;

pub use fold::{SubjectStanding, Subjects};

/// The view.
pub const VIEW: ViewName = ViewName { name: "subjects", version: 1 };

/// A subject as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectRow {
    /// Which subject.
    pub subject: SubjectId,
    /// As its events have made it.
    pub standing: Subject,
    /// The position of its last event.
    pub position: i64,
    /// The position of its first event, along which lists are cut.
    pub created_position: i64,
    /// When its first event was recorded.
    pub created_at: Timestamp,
    /// When its last event was recorded.
    pub updated_at: Timestamp,
}

/// The subject, if the view has it.
///
/// # Errors
/// The database did not answer, or the row is not one that this build wrote.
pub async fn get(
    executor: impl PgExecutor<'_>,
    subject: SubjectId,
) -> Result<Option<SubjectRow>, sqlx::Error> {
    let sql = "SELECT * FROM subjects_v1 WHERE subject_id = $1";
    sqlx::query_as(sql).bind(subject.0).fetch_optional(executor).await
}

/// A page of subjects after the one whose `created_position` is `after`.
///
/// # Errors
/// As [`get`].
pub async fn list(
    executor: impl PgExecutor<'_>,
    after: Option<i64>,
    size: PageSize,
) -> Result<Slice<SubjectRow>, sqlx::Error> {
    let rows = sqlx::query_as(include_str!("list.sql"))
        .bind(after.unwrap_or(0))
        .bind(size.and_one())
        .fetch_all(executor)
        .await?;
    Ok(Slice::cut(rows, size, |subject: &SubjectRow| subject.created_position))
}

/// Subjects whose erasure is to be begun or gone on with, the one that waits longest first.
///
/// # Errors
/// As [`get`].
pub async fn due(executor: impl PgExecutor<'_>, size: PageSize) -> Result<Vec<SubjectId>, sqlx::Error> {
    let ids = sqlx::query_scalar(include_str!("due.sql")).bind(i64::from(size.items())).fetch_all(executor);
    Ok(ids.await?.into_iter().map(SubjectId).collect())
}

/// A page of erased subjects, after the one whose last event has the position `after`.
///
/// # Errors
/// As [`get`].
pub async fn erased(
    executor: impl PgExecutor<'_>,
    after: i64,
    size: PageSize,
) -> Result<Slice<SubjectRow>, sqlx::Error> {
    let rows = sqlx::query_as(include_str!("erased.sql"))
        .bind(after)
        .bind(size.and_one())
        .fetch_all(executor)
        .await?;
    Ok(Slice::cut(rows, size, |subject: &SubjectRow| subject.position))
}

impl<'r> FromRow<'r, PgRow> for SubjectRow {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            subject: SubjectId(row.try_get("subject_id")?),
            standing: row::json(row, "standing")?,
            position: row.try_get("position")?,
            created_position: row.try_get("created_position")?,
            created_at: row::timestamp(row, "created_at")?,
            updated_at: row::timestamp(row, "updated_at")?,
        })
    }
}
