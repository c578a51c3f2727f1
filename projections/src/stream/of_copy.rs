//! Reading one copy's stream by its own numbers.

use domain::{CopyId, Reader};
use futures::TryStreamExt;
use sqlx::PgConnection;

use super::decode::EventRow;
use super::read::ReplayError;
use super::recorded::RecordedEvent;

/// Gives the events of a copy up to the sequence `until` to `take`, in their order, until it says that it has enough.
pub(crate) async fn read_copy(
    connection: &mut PgConnection,
    copy: CopyId,
    until: i64,
    mut take: impl FnMut(RecordedEvent) -> bool + Send,
) -> Result<(), ReplayError> {
    let mut rows = sqlx::query_as::<_, EventRow>(include_str!("of_copy.sql"))
        .bind(copy.0.to_string())
        .bind(until)
        .fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        let decoded = match row.decode(Reader::CURRENT) {
            Ok(decoded) => decoded,
            Err(error) => {
                drop(rows);
                return Err(ReplayError::of(connection, row.position, error.to_string()).await?);
            }
        };
        if decoded.is_some_and(|event| !take(event)) {
            break;
        }
    }
    Ok(())
}
