//! The channel on which an append tells that there is something to read.

use sqlx::PgConnection;

/// `<schema>_appended`, of the schema that the session sees. Notifications wake and say nothing; what is new stands in the
/// table.
pub(crate) async fn channel_of(connection: &mut PgConnection) -> Result<String, sqlx::Error> {
    sqlx::query_scalar("SELECT current_schema() || '_appended'").fetch_one(connection).await
}
