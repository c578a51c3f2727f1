//! Rows of a share on their way into the new tables, in one transaction.

use sqlx::{Connection, PgConnection};
use tokio::sync::mpsc;

use super::copy_binary::{HEADER, TRAILER};

/// Parcels that wait for Postgres while the next one is filled; each is a little over `RebuildLimits::copy_bytes`.
pub(super) const PARCELS: usize = 2;

/// What the writer of a share is told.
#[derive(Debug)]
pub(super) enum Parcel {
    /// Rows of a table.
    Rows { table: String, columns: String, rows: Vec<u8> },
    /// There are no more: the transaction commits. Without it nothing of the share is kept.
    Whole,
}

/// Writes what comes, until the share is whole or is given up.
pub(super) async fn write(
    connection: &mut PgConnection,
    mut parcels: mpsc::Receiver<Parcel>,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    while let Some(parcel) = parcels.recv().await {
        match parcel {
            Parcel::Rows { table, columns, rows } => {
                let sql = format!("COPY {table} ({columns}) FROM STDIN (FORMAT binary)");
                let mut copy = transaction.copy_in_raw(&sql).await?;
                for part in [HEADER, &rows, TRAILER] {
                    copy.send(part).await?;
                }
                copy.finish().await?;
            }
            Parcel::Whole => return transaction.commit().await,
        }
    }
    transaction.rollback().await
}
