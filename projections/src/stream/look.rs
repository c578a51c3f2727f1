//! Looking up single events, whatever is in them.

use sqlx::{PgConnection, PgExecutor};

use super::recorded::StreamId;

/// The first position of the stream's events from `from` to `until`, both included.
pub(crate) async fn first_of(
    connection: &mut PgConnection,
    stream: StreamId,
    from: i64,
    until: i64,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar(include_str!("first_of.sql"))
        .bind(stream.kind().as_str())
        .bind(stream.uuid().to_string())
        .bind(from)
        .bind(until)
        .fetch_one(connection)
        .await
}

/// The type of the event at a position; none where there is no event.
pub(crate) async fn type_at(
    executor: impl PgExecutor<'_>,
    position: i64,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT event_type FROM events WHERE position = $1")
        .bind(position)
        .fetch_optional(executor)
        .await
}
