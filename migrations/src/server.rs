//! Whether a server will do, and the one database-level act: creating a database.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _, Row as _};

use crate::SchemaName;

/// The oldest Postgres that the ledger's SQL runs on.
pub const OLDEST_SERVER_MAJOR: i32 = 14;

/// SQLSTATE of `CREATE DATABASE` for a name that exists; a race between two creators can also end in a
/// unique violation of `pg_database`.
const DUPLICATE_DATABASE: [&str; 2] = ["42P04", "23505"];

/// Why a server cannot hold a ledger.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// No connection came about.
    #[error(
        "no connection to Postgres at {place}: {source}. Is the server running, and are host, port, user, password and database of the URL right?"
    )]
    Unreachable {
        /// Host and port, or socket; never the password.
        place: String,
        /// What the driver said.
        source: sqlx::Error,
    },
    /// The server is older than [`OLDEST_SERVER_MAJOR`].
    #[error("the server at {place} is Postgres {found}; the ledger needs {OLDEST_SERVER_MAJOR} or later")]
    TooOld {
        /// Host and port, or socket.
        place: String,
        /// The server's version, as it says it.
        found: String,
    },
    /// The settings sent at connection start did not arrive.
    #[error(
        "the connection to {place} dropped its settings (search_path is `{found}`, not `{expected}`): a pooler stands \
         between. Connect directly or through a session pool that passes startup options on"
    )]
    SettingsDropped {
        /// Host and port, or socket.
        place: String,
        /// The search path that the session has.
        found: String,
        /// The search path that it was to have.
        expected: String,
    },
    /// A statement failed.
    #[error("asking the server at {place} failed: {source}")]
    Query {
        /// Host and port, or socket.
        place: String,
        /// What the driver said.
        source: sqlx::Error,
    },
}

/// Connects once with `options` (made by [`connect_options`](crate::connect_options)) and checks that the server is
/// reachable, recent enough, and gives the session the search path of `schema`.
///
/// # Errors
/// A [`ServerError`] that says what to do.
pub async fn check_server(options: &PgConnectOptions, schema: &SchemaName) -> Result<(), ServerError> {
    let place = place(options);
    let mut connection = open(options).await?;
    let row = sqlx::query(
        "SELECT current_setting('server_version_num')::int, current_setting('server_version'), \
         current_setting('search_path')",
    )
    .fetch_one(&mut connection)
    .await
    .map_err(|source| ServerError::Query { place: place.clone(), source })?;
    let (number, version, found): (i32, String, String) = (row.get(0), row.get(1), row.get(2));
    let _ = connection.close().await;
    verdict(place, number, version, found, schema)
}

/// `number` is `server_version_num`: 150018 is 15.18.
fn verdict(
    place: String,
    number: i32,
    version: String,
    search_path: String,
    schema: &SchemaName,
) -> Result<(), ServerError> {
    if number / 10_000 < OLDEST_SERVER_MAJOR {
        return Err(ServerError::TooOld { place, found: version });
    }
    if search_path != schema.as_str() {
        return Err(ServerError::SettingsDropped { place, found: search_path, expected: schema.to_string() });
    }
    Ok(())
}

/// Creates the database `name` on the server of `options` (whose own database must exist) unless it is there.
/// Two creators at once both succeed.
///
/// # Errors
/// [`ServerError::Unreachable`] or [`ServerError::Query`].
pub async fn create_database_if_missing(options: &PgConnectOptions, name: &str) -> Result<(), ServerError> {
    let failed = |source| ServerError::Query { place: place(options), source };
    let mut connection = open(options).await?;
    let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(name)
        .fetch_one(&mut connection)
        .await
        .map_err(failed)?;
    if !there {
        let create =
            format!("CREATE DATABASE \"{}\" ENCODING 'UTF8' TEMPLATE template0", name.replace('"', "\"\""));
        if let Err(error) = sqlx::query(&create).execute(&mut connection).await {
            let code = error.as_database_error().and_then(|it| it.code());
            if !code.is_some_and(|code| DUPLICATE_DATABASE.contains(&code.as_ref())) {
                return Err(failed(error));
            }
        }
    }
    let _ = connection.close().await;
    Ok(())
}

pub(crate) async fn open(options: &PgConnectOptions) -> Result<PgConnection, ServerError> {
    options.connect().await.map_err(|source| ServerError::Unreachable { place: place(options), source })
}

/// Host, port and database, or socket and database; never the password.
#[must_use]
pub fn place(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or("(default)");
    match options.get_socket() {
        Some(socket) => format!("{} (database {database})", socket.display()),
        None => format!("{}:{} (database {database})", options.get_host(), options.get_port()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_older_than_14_is_refused_and_14_is_not() {
        let schema = SchemaName::ledger();
        let ask = |number| {
            verdict("here".to_owned(), number, "its version".to_owned(), schema.to_string(), &schema)
        };
        assert!(matches!(ask(130_023), Err(ServerError::TooOld { found, .. }) if found == "its version"));
        assert!(ask(140_000).is_ok());
    }
}
