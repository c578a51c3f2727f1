//! Which streams views leave out, and which are parked for them.

use domain::operations::NamedStream;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};

use super::Views;
use crate::projector::ViewName;
use crate::views;
use crate::views::parked::ParkedRow;
use crate::views::row;

/// A stream that a view leaves out, or is to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOutStream {
    /// The view's name.
    pub view: String,
    /// Which stream.
    pub stream: NamedStream,
    /// The first position that is not folded; none where all of it is, since no leader has taken up the act yet or nothing
    /// of it has come since.
    pub left_out_from: Option<i64>,
    /// The act that parked it; none where it is parked no more, and waits for a leader to fold it again.
    pub parked: Option<ParkedRow>,
}

impl Views {
    /// What every view of this build leaves out and what is parked for it, at most `most` streams of each.
    ///
    /// # Errors
    /// The database did not answer, or a row is not one that this build wrote.
    pub async fn left_out(&self, most: u32) -> Result<Vec<LeftOutStream>, sqlx::Error> {
        let (names, versions): (Vec<&str>, Vec<i32>) =
            views::ALL.iter().map(|(ViewName { name, version }, _)| (name, version)).unzip();
        sqlx::query_as(include_str!("left_out.sql"))
            .bind(names)
            .bind(versions)
            .bind(i64::from(most))
            .fetch_all(self.pool())
            .await
    }
}

impl<'r> FromRow<'r, PgRow> for LeftOutStream {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        let parked: Option<i64> = row.try_get("position")?;
        Ok(Self {
            view: row.try_get("name")?,
            stream: NamedStream { sort: row::parsed(row, "stream_type")?, id: row.try_get("stream_id")? },
            left_out_from: row.try_get("left_out_from")?,
            parked: parked.is_some().then(|| ParkedRow::from_row(row)).transpose()?,
        })
    }
}
