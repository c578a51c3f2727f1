//! The channel on which an append tells that there is something to read.

use sqlx::PgConnection;

/// The channel of the ledger in `schema`: appends notify it, projectors listen to it. Notifications wake and say nothing;
/// what is new stands in the table.
#[must_use]
pub fn channel(schema: &str) -> String {
    format!("{schema}_appended")
}

/// The channel of the schema that the session sees.
pub(crate) async fn channel_of(connection: &mut PgConnection) -> Result<String, sqlx::Error> {
    let schema: String = sqlx::query_scalar("SELECT current_schema()::text").fetch_one(connection).await?;
    Ok(channel(&schema))
}
