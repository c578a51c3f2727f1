//! What no stream leads to: rows of streams that do not exist, and derived tables.

use sqlx::PgConnection;
use uuid::Uuid;

use super::finding::Compared;
use super::{BATCH_STREAMS, DriftError, Look, compare, moment};
use crate::stream::{StreamId, StreamType};
use crate::table::{Made, Table};

/// Streams whose existence is looked up at once.
const LOOKED_UP: i64 = 1_000;

impl Look<'_> {
    /// Looks for rows of streams that have no events.
    pub(super) async fn strays(&mut self) -> Result<(), DriftError> {
        for index in 0..self.checks.len() {
            for table in self.checks[index].tables() {
                let Made::Rows { stream } = table.made else { continue };
                self.strays_of(index, table, stream).await?;
            }
        }
        Ok(())
    }

    async fn strays_of(
        &mut self,
        index: usize,
        table: &'static Table,
        stream: &str,
    ) -> Result<(), DriftError> {
        let follows = self.checks[index].follows();
        let Some(kind) = follows.first() else { return Ok(()) };
        let mut after = Uuid::nil();
        loop {
            let page = page(&mut self.connection, table, stream, after).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = *last;
            let strays: Vec<StreamId> = without_events(&mut self.connection, follows, &page)
                .await?
                .into_iter()
                .map(|id| kind.with_id(id))
                .collect();
            // As streams without events: whatever row they have is one too many.
            for batch in strays.chunks(BATCH_STREAMS) {
                self.batch(batch, &[index]).await?;
            }
        }
    }

    /// Holds derived tables to those that they are derived from.
    pub(super) async fn derived(&mut self) -> Result<(), DriftError> {
        for index in 0..self.checks.len() {
            for table in self.checks[index].tables() {
                let Made::Derived { select } = table.made else { continue };
                let check = self.checks[index].as_ref();
                let (mut moment, _) = moment::begin(&mut self.connection, &self.checks, &[index]).await?;
                let compared: Compared = compare::derived(&mut moment, check, table, select).await?;
                moment.rollback().await?;
                self.found(index, &compared);
                if self.repair && compared.rows > 0 {
                    self.repair_streams(index, &[]).await?;
                }
            }
        }
        Ok(())
    }
}

/// The next streams that a table has rows of.
async fn page(
    connection: &mut PgConnection,
    table: &Table,
    stream: &str,
    after: Uuid,
) -> Result<Vec<Uuid>, sqlx::Error> {
    let name = table.name;
    sqlx::query_scalar(&format!(
        "SELECT DISTINCT {stream} FROM {name} WHERE {stream} > $1 ORDER BY 1 LIMIT $2"
    ))
    .bind(after)
    .bind(LOOKED_UP)
    .fetch_all(connection)
    .await
}

/// Which of these ids no event names, in streams of these kinds. Read after the rows, so that a stream that begins meanwhile
/// is not among them.
async fn without_events(
    connection: &mut PgConnection,
    kinds: &[StreamType],
    ids: &[Uuid],
) -> Result<Vec<Uuid>, sqlx::Error> {
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    sqlx::query_scalar(include_str!("strays.sql")).bind(ids).bind(kinds).fetch_all(connection).await
}
