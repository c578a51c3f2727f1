//! Events of a later build: what tells a process that it is older than the ledger, and that nothing is broken.

use domain::Reader;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgExecutor, Row};
use uuid::Uuid;

/// An event in a shape that a later build has brought, as the ledger's table `event_shapes` says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "position {position} holds {event_type} in version {event_version}, which takes reader {}, and this is reader {}: this \
     process is older than the ledger; upgrade it",
    needs.0, reader.0
)]
pub struct NewerEvent {
    /// The event's position.
    pub position: i64,
    /// Its stream.
    pub stream: String,
    /// Its type.
    pub event_type: String,
    /// The version of its shape.
    pub event_version: String,
    /// The first reader that can read it.
    pub needs: Reader,
    /// The reader that cannot.
    pub reader: Reader,
}

/// The event at a position, if it is of a later build than `reader`. What is neither that nor readable is damage.
pub(crate) async fn newer_at(
    executor: impl PgExecutor<'_>,
    reader: Reader,
    position: i64,
) -> Result<Option<NewerEvent>, sqlx::Error> {
    let found = sqlx::query_as::<_, Found>(include_str!("newer_at.sql"));
    Ok(found.bind(position).bind(reader.0).fetch_optional(executor).await?.map(|found| found.to(reader)))
}

/// The first event of a stream that is of a later build than `reader`, if there is one.
///
/// # Errors
/// The database did not answer.
pub async fn newer_in_stream(
    executor: impl PgExecutor<'_>,
    reader: Reader,
    (aggregate_type, id): (&str, Uuid),
) -> Result<Option<NewerEvent>, sqlx::Error> {
    let found = sqlx::query_as::<_, Found>(include_str!("newer_in_stream.sql"))
        .bind(aggregate_type)
        .bind(id.to_string())
        .bind(reader.0)
        .fetch_optional(executor)
        .await?;
    Ok(found.map(|found| found.to(reader)))
}

/// The row of such an event.
struct Found {
    position: i64,
    stream: String,
    event_type: String,
    event_version: String,
    needs: i32,
}

impl Found {
    fn to(self, reader: Reader) -> NewerEvent {
        let Self { position, stream, event_type, event_version, needs } = self;
        NewerEvent { position, stream, event_type, event_version, needs: Reader(needs), reader }
    }
}

impl<'r> FromRow<'r, PgRow> for Found {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            position: row.try_get("position")?,
            stream: row.try_get("stream")?,
            event_type: row.try_get("event_type")?,
            event_version: row.try_get("event_version")?,
            needs: row.try_get("needs")?,
        })
    }
}
