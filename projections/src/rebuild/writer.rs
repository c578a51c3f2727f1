//! Rows of a share on their way into the new tables, in one transaction.

use sqlx::{Connection, PgConnection};
use tokio::sync::mpsc;

use super::copy_binary::{HEADER, TRAILER};

/// Parcels that wait for Postgres while the next one is filled; each is a little over `RebuildLimits::copy_bytes`.
pub(super) const PARCELS: usize = 16;

/// What the writer of a share is told.
#[derive(Debug)]
pub(super) enum Parcel {
    /// Rows of a table.
    Rows { table: String, columns: String, rows: Vec<u8> },
    /// There are no more: the transaction commits. Without it nothing of the share is kept.
    Whole,
}

/// Writes what comes, until the share is whole or is given up. Rows of one table that follow each other are one COPY.
pub(super) async fn write(
    connection: &mut PgConnection,
    mut parcels: mpsc::Receiver<Parcel>,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let mut next = parcels.recv().await;
    while let Some(Parcel::Rows { table, columns, rows }) = next {
        let sql = format!("COPY {table} ({columns}) FROM STDIN (FORMAT binary)");
        let mut copy = transaction.copy_in_raw(&sql).await?;
        copy.send(HEADER).await?;
        copy.send(rows).await?;
        next = parcels.recv().await;
        while let Some(Parcel::Rows { rows, .. }) =
            next.take_if(|next| matches!(next, Parcel::Rows { table: its, .. } if *its == table))
        {
            copy.send(rows).await?;
            next = parcels.recv().await;
        }
        if next.is_none() {
            copy.abort("the share is given up").await?;
            break;
        }
        copy.send(TRAILER).await?;
        copy.finish().await?;
    }
    if next.is_some() { transaction.commit().await } else { transaction.rollback().await }
}
