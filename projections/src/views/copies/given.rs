//! Whose copies are, and who was given which.

use std::collections::BTreeMap;

use domain::{ActorId, CopyId, ExamId, SubjectId};
use sqlx::{PgExecutor, Row as _};

use super::CopyRow;
use crate::views::row;

/// The most copies that one person is read with. Whoever sat more exams than this is no one person.
pub const MOST_OF_SUBJECT: i64 = 10_000;

/// Every copy that is identified as this subject's, voided ones too, the oldest first; at most [`MOST_OF_SUBJECT`].
///
/// # Errors
/// The database did not answer, or a row is not one that this build wrote.
pub async fn of_subject(
    executor: impl PgExecutor<'_>,
    subject: SubjectId,
) -> Result<Vec<CopyRow>, sqlx::Error> {
    sqlx::query_as(include_str!("of_subject.sql"))
        .bind(subject.0)
        .bind(MOST_OF_SUBJECT)
        .fetch_all(executor)
        .await
}

/// The oldest copies of an exam that are for nobody in particular and can be given to somebody; at most `most`.
///
/// # Errors
/// The database did not answer.
pub async fn undealt(
    executor: impl PgExecutor<'_>,
    exam: ExamId,
    most: i64,
) -> Result<Vec<CopyId>, sqlx::Error> {
    let ids = sqlx::query_scalar(include_str!("undealt.sql")).bind(exam.0).bind(most).fetch_all(executor);
    Ok(ids.await?.into_iter().map(CopyId).collect())
}

/// How many copies of an exam each grader was given.
///
/// # Errors
/// The database did not answer.
pub async fn loads(
    executor: impl PgExecutor<'_>,
    exam: ExamId,
) -> Result<BTreeMap<ActorId, u64>, sqlx::Error> {
    let rows = sqlx::query(include_str!("loads.sql")).bind(exam.0).fetch_all(executor).await?;
    rows.iter()
        .map(|found| Ok((ActorId(found.try_get("assigned_to")?), row::unsigned(found, "copies")?)))
        .collect()
}
