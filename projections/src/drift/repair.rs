//! Writing the rows of some streams anew.

use sqlx::{Connection, PgConnection, Row};

use super::check::{self, Check};
use super::{DriftError, DriftNews, Look, moment};
use crate::projector::ViewName;
use crate::stream::StreamId;
use crate::table::{Made, Table};

/// The longest that a repair waits for the view's tables in one try, in milliseconds. Its leader holds them for a batch.
const LOCK_TIMEOUT_MS: u32 = 2_000;

/// How often it tries.
const TRIES: u32 = 5;

impl Look<'_> {
    /// Repairs some streams of the view at `index`, and its derived tables.
    pub(super) async fn repair_streams(
        &mut self,
        index: usize,
        streams: &[StreamId],
    ) -> Result<(), DriftError> {
        let view = self.checks[index].view();
        let mut tries = 0;
        let repaired = loop {
            match repair(&mut self.connection, &mut self.checks, index, streams).await {
                Err(error) if is_in_use(&error) && tries + 1 < TRIES => tries += 1,
                Err(error) if is_in_use(&error) => return Err(DriftError::InUse { view }),
                done => break done?,
            }
        };
        self.counts[index].repaired += repaired.len() as u64;
        for stream in &repaired {
            tracing::warn!(%view, %stream, "rows that differed from their events were written anew");
        }
        if streams.is_empty() {
            tracing::warn!(%view, "derived tables that differed from their view were made anew");
        }
        (self.tell)(DriftNews::Repaired { view, streams: &repaired });
        Ok(())
    }
}

/// 55P03: lock_not_available. 40P01: deadlock_detected.
fn is_in_use(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    matches!(code.as_deref(), Some("55P03" | "40P01"))
}

/// One transaction, in the leader's order: first the tables, then the row of the checkpoint. Readers go on; the leader waits,
/// and what it holds is forgotten, since its token is old when it goes on. Answers which streams were written: not
/// those whose events can no longer be folded.
async fn repair(
    connection: &mut PgConnection,
    checks: &mut [Box<dyn Check>],
    index: usize,
    streams: &[StreamId],
) -> Result<Vec<StreamId>, sqlx::Error> {
    let view = checks[index].view();
    let mut transaction = connection.begin().await?;
    sqlx::query(&format!("SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")).execute(&mut *transaction).await?;
    let names: Vec<&str> = checks[index].tables().iter().map(|table| table.name).collect();
    sqlx::query(&format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", names.join(", ")))
        .execute(&mut *transaction)
        .await?;
    forget_what_is_held(&mut transaction, view).await?;
    let standing = moment::standings(&mut transaction, &[view]).await?.into_iter().next().unwrap_or_default();
    checks[index].begin(standing);
    check::fold(&mut transaction, checks, &[index], streams).await?;
    let check = &checks[index];
    let foldable: Vec<StreamId> =
        streams.iter().copied().filter(|stream| !check.unfoldable().contains_key(stream)).collect();
    make_room(&mut transaction, check.as_ref()).await?;
    check.replace(&mut transaction, &foldable).await?;
    transaction.commit().await?;
    Ok(foldable)
}

/// The token grows, so that the leader begins again from the rows.
async fn forget_what_is_held(connection: &mut PgConnection, view: ViewName) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE projections SET lease_token = lease_token + 1 WHERE name = $1 AND version = $2")
        .bind(view.name)
        .bind(view.version)
        .execute(connection)
        .await?;
    Ok(())
}

/// Deletes rows that stand where the folded ones must: a row whose key was changed has taken another's place, and is one too
/// many or differs itself.
async fn make_room(connection: &mut PgConnection, check: &dyn Check) -> Result<(), sqlx::Error> {
    let rows = check.rows()?;
    for (index, table) in check.tables().iter().enumerate() {
        let Made::Rows { .. } = table.made else { continue };
        for columns in unique_columns(connection, table).await? {
            let same: Vec<String> =
                columns.iter().map(|column| format!("standing.{column} = given.{column}")).collect();
            let (name, same) = (table.name, same.join(" AND "));
            sqlx::query(&format!(
                "DELETE FROM {name} AS standing USING json_populate_recordset(NULL::{name}, $1::json) AS given WHERE {same}"
            ))
            .bind(rows.array(index)?)
            .execute(&mut *connection)
            .await?;
        }
    }
    Ok(())
}

/// The columns that are unique together, one list an index.
async fn unique_columns(
    connection: &mut PgConnection,
    table: &Table,
) -> Result<Vec<Vec<String>>, sqlx::Error> {
    let rows = sqlx::query(include_str!("unique_columns.sql")).bind(table.name).fetch_all(connection).await?;
    rows.iter().map(|row| row.try_get("columns")).collect()
}
