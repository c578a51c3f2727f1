//! How far a ledger was restored, read off its rows.

use domain::Timestamp;
use sqlx::PgPool;
use sqlx::types::chrono::{DateTime, Utc};

use super::call::timestamp;

/// The last position of the dump that this ledger was restored from; none where its rows do not tell.
///
/// Restoring a dump copies a table in one transaction, which stands in every row (`xmin`); appends are transactions of their
/// own. So where the first events were written by one transaction although they were recorded at several times, that was a
/// restore, and the last event of that transaction is the last one of the dump.
///
/// # Errors
/// The database's.
pub async fn restored_up_to(pool: &PgPool) -> Result<Option<i64>, sqlx::Error> {
    let Some((first_recorded, writer)) = written(pool, 1).await? else { return Ok(None) };
    // Rows of that transaction come before all others, so that the last of them is found by halving.
    let (mut of_it, mut beyond) = (1, 1 + head(pool).await?);
    let mut last_recorded = first_recorded;
    while beyond - of_it > 1 {
        let middle = of_it + (beyond - of_it) / 2;
        match written(pool, middle).await? {
            Some((recorded, by)) if by == writer => (of_it, last_recorded) = (middle, recorded),
            _ => beyond = middle,
        }
    }
    // One that ended before the epoch began was told of by that epoch, and says nothing of what was restored since.
    let told_of = of_it < epoch_begins_after(pool).await?;
    Ok((last_recorded != first_recorded && !told_of).then_some(of_it))
}

/// The last position before the ledger's epoch.
async fn epoch_begins_after(pool: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT max(from_position) - 1 FROM ledger_epochs").fetch_one(pool).await
}

async fn head(pool: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT coalesce(max(position), 0) FROM events").fetch_one(pool).await
}

/// When an event was recorded, and the transaction that wrote its row here.
async fn written(pool: &PgPool, position: i64) -> Result<Option<(Timestamp, String)>, sqlx::Error> {
    let row: Option<(DateTime<Utc>, String)> =
        sqlx::query_as("SELECT recorded_at, xmin::text FROM events WHERE position = $1")
            .bind(position)
            .fetch_optional(pool)
            .await?;
    Ok(row.map(|(recorded, writer)| (timestamp(recorded), writer)))
}
