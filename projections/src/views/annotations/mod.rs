//! Annotations as they stand.

mod fold;

use domain::copy::Mark;
use domain::{ActorId, AnnotationId, CopyId, Digest, PageBox, Points, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgExecutor, Row};

use super::page::{PageSize, Slice};
use super::row;
use crate::projector::ViewName;

pub use fold::{Annotations, CopyAnnotations};

/// The view.
pub const VIEW: ViewName = ViewName { name: "annotations", version: 1 };

/// An annotation, and who put it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnotationRow {
    /// On which copy.
    pub copy: CopyId,
    /// Which annotation.
    pub annotation: AnnotationId,
    /// Its place in the order in which the copy's annotations were added, from 1; never given twice.
    pub number: u32,
    /// From 1, one more at each revision.
    pub revision: u32,
    /// Which page, from 0.
    pub page_index: u32,
    /// SHA-256 of that page's image.
    pub page: Digest,
    /// What stands there.
    pub mark: Mark,
    /// Who added it.
    pub created_by: ActorId,
    /// When it was added.
    pub created_at: Timestamp,
    /// Who revised it last.
    pub updated_by: ActorId,
    /// When it was revised last.
    pub updated_at: Timestamp,
    /// When it was removed. The queries of this view leave removed ones out.
    pub removed_at: Option<Timestamp>,
    /// The position of its last event.
    pub position: i64,
}

/// The annotation, if it stands on the copy.
///
/// # Errors
/// The database did not answer, or the row is not one that this build wrote.
pub async fn get(
    executor: impl PgExecutor<'_>,
    copy: CopyId,
    annotation: AnnotationId,
) -> Result<Option<AnnotationRow>, sqlx::Error> {
    sqlx::query_as(include_str!("get.sql")).bind(copy.0).bind(annotation.0).fetch_optional(executor).await
}

/// A page of the annotations that stand on a copy, by their numbers, after the number `after`; those of one page of
/// the scan, where `page_index` names one.
///
/// # Errors
/// As [`get`].
pub async fn of_copy(
    executor: impl PgExecutor<'_>,
    copy: CopyId,
    page_index: Option<u32>,
    after: Option<i64>,
    size: PageSize,
) -> Result<Slice<AnnotationRow>, sqlx::Error> {
    let rows = sqlx::query_as(include_str!("of_copy.sql"))
        .bind(copy.0)
        .bind(page_index.map(i64::from))
        .bind(after.unwrap_or(0))
        .bind(size.and_one())
        .fetch_all(executor)
        .await?;
    Ok(Slice::cut(rows, size, |row: &AnnotationRow| i64::from(row.number)))
}

impl<'r> FromRow<'r, PgRow> for AnnotationRow {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        let side = |column: &str| row::unsigned_int(row, column);
        Ok(Self {
            copy: CopyId(row.try_get("copy_id")?),
            annotation: AnnotationId(row.try_get("annotation_id")?),
            number: row::unsigned_int(row, "number")?,
            revision: row::unsigned_int(row, "revision")?,
            page_index: row::unsigned_int(row, "page_index")?,
            page: row::parsed(row, "page")?,
            mark: Mark {
                area: PageBox {
                    x: side("x")?,
                    y: side("y")?,
                    width: side("width")?,
                    height: side("height")?,
                },
                kind: row::named(row, "kind")?,
                points: row.try_get::<Option<i64>, _>("points_hundredths")?.map(Points),
                question: row::optional_parsed(row, "question")?,
                text: row::optional_parsed(row, "text")?.map(domain::Commitment),
            },
            created_by: ActorId(row.try_get("created_by")?),
            created_at: row::timestamp(row, "created_at")?,
            updated_by: ActorId(row.try_get("updated_by")?),
            updated_at: row::timestamp(row, "updated_at")?,
            removed_at: row::optional_timestamp(row, "removed_at")?,
            position: row.try_get("position")?,
        })
    }
}
