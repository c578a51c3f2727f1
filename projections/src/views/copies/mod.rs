//! Copies as they stand: status, import, pages, marks, total, outcome; and how many of them have each status.

mod body;
mod failures;
mod fold;
mod given;
mod weight;

use std::collections::BTreeMap;

use domain::copy::CopyStatus;
use domain::copy::event::{WorkError, WorkStage};
use domain::{ActorId, CopyId, ExamId, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgExecutor, Row};

use super::page::{PageSize, Slice};
use super::row;
use crate::projector::ViewName;

pub use body::{CopyBody, ImportStanding};
pub use failures::{FailedCopy, GivenUp, failures, given_up};
pub use fold::{Copies, CopyStanding};
pub use given::{MOST_OF_SUBJECT, loads, of_subject, undealt};

/// The view. Version 1 did not know whose a copy is and who is to mark it; its tables are for the builds that read them.
pub const VIEW: ViewName = ViewName { name: "copies", version: 2 };

/// A copy, and when it came to stand so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyRow {
    /// Which copy.
    pub copy: CopyId,
    /// As it stands.
    pub body: CopyBody,
    /// How import or finalisation failed last, until one succeeds.
    pub last_failure: Option<LastFailure>,
    /// The position of its last event.
    pub position: i64,
    /// The position of its first event, along which lists are cut.
    pub created_position: i64,
    /// When its first event was recorded.
    pub created_at: Timestamp,
    /// When its last event was recorded.
    pub updated_at: Timestamp,
}

/// How import or finalisation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastFailure {
    /// Which of the two.
    pub work: FailedWork,
    /// The attempt that failed.
    pub attempt: u32,
    /// How far it came.
    pub stage: WorkStage,
    /// What went wrong.
    pub error_type: WorkError,
    /// Whether a worker tries again without being asked.
    pub will_retry: bool,
}

/// The two kinds of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailedWork {
    /// Reading the scan.
    Import,
    /// Making the final PDF.
    Finalisation,
}

/// Which copies a list shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct CopyFilter {
    /// Those of this exam.
    pub exam: Option<ExamId>,
    /// Those that stand so.
    pub standing: Standing,
}

/// Where a copy stands, as lists are filtered by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Anywhere; voided ones too.
    #[default]
    Any,
    /// In this status.
    Status(CopyStatus),
    /// Voided.
    Voided,
}

/// The copy, if the view has it.
///
/// # Errors
/// The database did not answer, or the row is not one that this build wrote.
pub async fn get(executor: impl PgExecutor<'_>, copy: CopyId) -> Result<Option<CopyRow>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM copies_v2 WHERE copy_id = $1").bind(copy.0).fetch_optional(executor).await
}

/// A page of copies, the oldest first, after the one whose `created_position` is `after`.
///
/// # Errors
/// As [`get`].
pub async fn list(
    executor: impl PgExecutor<'_>,
    filter: CopyFilter,
    after: Option<i64>,
    size: PageSize,
) -> Result<Slice<CopyRow>, sqlx::Error> {
    // One statement for each shape of the filter, so that each is planned by the index that it has.
    let sql = match (filter.exam.is_some(), filter.standing) {
        (false, Standing::Any) => include_str!("list.sql"),
        (true, Standing::Any) => include_str!("list_of_exam.sql"),
        (false, Standing::Status(_)) => include_str!("list_by_status.sql"),
        (true, Standing::Status(_)) => include_str!("list_of_exam_by_status.sql"),
        (false, Standing::Voided) => include_str!("list_voided.sql"),
        (true, Standing::Voided) => include_str!("list_of_exam_voided.sql"),
    };
    let mut query = sqlx::query_as(sql).bind(after.unwrap_or(0)).bind(size.and_one());
    if let Some(exam) = filter.exam {
        query = query.bind(exam.0);
    }
    if let Standing::Status(status) = filter.standing {
        query = query.bind(status.as_str());
    }
    let rows = query.fetch_all(executor).await?;
    Ok(Slice::cut(rows, size, |copy: &CopyRow| copy.created_position))
}

/// What a grader marks and leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theirs {
    /// Who.
    pub grader: ActorId,
    /// Exams that they lead: every copy is theirs to know.
    pub led: Vec<ExamId>,
    /// Exams whose copies are for whoever takes them, but those that are assigned to another.
    pub open: Vec<ExamId>,
    /// Exams whose copies are dealt out: those that are assigned to them.
    pub dealt_out: Vec<ExamId>,
}

/// A page of the copies that a grader may know of, as [`list`].
///
/// # Errors
/// As [`get`].
pub async fn list_of_grader(
    executor: impl PgExecutor<'_>,
    theirs: &Theirs,
    filter: CopyFilter,
    after: Option<i64>,
    size: PageSize,
) -> Result<Slice<CopyRow>, sqlx::Error> {
    let ids = |exams: &[ExamId]| {
        let asked = exams.iter().filter(|exam| filter.exam.is_none_or(|only| only == **exam));
        asked.map(|exam| exam.0).collect::<Vec<_>>()
    };
    let sql = match filter.standing {
        Standing::Any => include_str!("list_of_grader.sql"),
        Standing::Status(_) => include_str!("list_of_grader_by_status.sql"),
        Standing::Voided => include_str!("list_of_grader_voided.sql"),
    };
    let mut query = sqlx::query_as(sql)
        .bind(after.unwrap_or(0))
        .bind(size.and_one())
        .bind(ids(&theirs.led))
        .bind(ids(&theirs.open))
        .bind(ids(&theirs.dealt_out))
        .bind(theirs.grader.0);
    if let Standing::Status(status) = filter.standing {
        query = query.bind(status.as_str());
    }
    let rows = query.fetch_all(executor).await?;
    Ok(Slice::cut(rows, size, |copy: &CopyRow| copy.created_position))
}

/// How many copies have each status, of one exam or of all; every status is there.
///
/// # Errors
/// As [`get`].
pub async fn status_counts(
    executor: impl PgExecutor<'_>,
    exam: Option<ExamId>,
) -> Result<BTreeMap<CopyStatus, u64>, sqlx::Error> {
    let rows: Vec<PgRow> = sqlx::query(include_str!("status_counts.sql"))
        .bind(exam.map(|exam| exam.0))
        .fetch_all(executor)
        .await?;
    let mut counts: BTreeMap<CopyStatus, u64> =
        CopyStatus::ALL.into_iter().map(|status| (status, 0)).collect();
    for row in &rows {
        counts.insert(row::named(row, "status")?, row::unsigned(row, "copies")?);
    }
    Ok(counts)
}

impl<'r> FromRow<'r, PgRow> for CopyRow {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            copy: CopyId(row.try_get("copy_id")?),
            body: row::json(row, "body")?,
            last_failure: row::optional_json(row, "last_failure")?,
            position: row.try_get("position")?,
            created_position: row.try_get("created_position")?,
            created_at: row::timestamp(row, "created_at")?,
            updated_at: row::timestamp(row, "updated_at")?,
        })
    }
}
