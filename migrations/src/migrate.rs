//! The embedded migrations and their run.
//!
//! One file holds one object; `build.rs` embeds the files of `sql/` and `keys/`. All SQL is unqualified and
//! lands in the ledger's schema through `search_path`. The run is sqlx's own, under its advisory lock, so any
//! number of processes may migrate at once.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use sqlx::migrate::{Migrate as _, MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};

use crate::server::open;
use crate::{SchemaName, ServerError, SessionLimits, connect_options};

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The longest wait for another process that migrates the same database, in seconds.
const LOCK_TIMEOUT_SECONDS: u64 = 120;

/// SQLSTATE 42501.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// SQLSTATE 55P03.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// Why a schema could not be brought to this binary's version.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The server cannot be used.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The database knows a migration that this binary does not.
    #[error(
        "schema `{schema}` has migration {found}, which this binary (newest: {newest}) does not hold: it was migrated by a newer \
         gradeledger. Start that version, or restore a dump from before the upgrade"
    )]
    NewerDatabase {
        /// The schema.
        schema: SchemaName,
        /// The migration in the database.
        found: i64,
        /// The newest migration that this binary holds.
        newest: i64,
    },
    /// A migration that was applied has another text in this binary.
    #[error(
        "migration {version} of schema `{schema}` was applied with another text than this binary holds: an applied \
         migration must never be edited. Use the build that migrated this database, or add a new migration"
    )]
    Changed {
        /// The schema.
        schema: SchemaName,
        /// The migration.
        version: i64,
    },
    /// Another process has held the migration lock for too long.
    #[error(
        "another process has been migrating schema `{schema}` for over {LOCK_TIMEOUT_SECONDS} s; see pg_stat_activity"
    )]
    Locked {
        /// The schema.
        schema: SchemaName,
    },
    /// The role may not create the schema.
    #[error(
        "schema `{schema}` is not there and this role may not create it: GRANT CREATE ON DATABASE to the role, or \
         create the schema as its owner ({source})"
    )]
    MayNotCreateSchema {
        /// The schema.
        schema: SchemaName,
        /// What the server said.
        source: sqlx::Error,
    },
    /// A statement of a migration, or of the bookkeeping around them, failed.
    #[error("migrating schema `{schema}` failed: {source}")]
    Failed {
        /// The schema.
        schema: SchemaName,
        /// What sqlx said, with the migration's number where one failed.
        source: MigrateError,
    },
}

/// Brings the ledger's schema in the database of `base` to this binary's version; creates it if missing.
///
/// # Errors
/// A [`MigrationError`]; the migrations before a failed one stay, the failed one leaves nothing.
pub async fn migrate_ledger(base: &PgConnectOptions, schema: &SchemaName) -> Result<(), MigrationError> {
    run(base, schema, LEDGER).await
}

/// Brings the key store's schema in the database of `base` to this binary's version; creates it if missing.
///
/// # Errors
/// As [`migrate_ledger`].
pub async fn migrate_keys(base: &PgConnectOptions, schema: &SchemaName) -> Result<(), MigrationError> {
    run(base, schema, KEYS).await
}

/// A short text that changes with any edit of any migration, for naming what was built from them.
#[must_use]
pub fn fingerprint() -> String {
    let mut hasher = DefaultHasher::new();
    (LEDGER, KEYS).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

async fn run(base: &PgConnectOptions, schema: &SchemaName, files: &[Embedded]) -> Result<(), MigrationError> {
    // A migration may rightly run longer than any request; what it may not is wait for ever.
    let limits = SessionLimits { statement_timeout: std::time::Duration::ZERO, ..SessionLimits::default() };
    let lock_timeout = [("lock_timeout", format!("{LOCK_TIMEOUT_SECONDS}s"))];
    let options = connect_options(base.clone(), schema, limits).options(lock_timeout);
    crate::check_server(&options, schema).await?;
    let mut connection = open(&options).await?;
    let outcome = run_locked(&mut connection, schema, files).await;
    // The advisory lock is the session's: closing gives it back after a failure too.
    let _ = connection.close().await;
    outcome
}

async fn run_locked(
    connection: &mut PgConnection,
    schema: &SchemaName,
    files: &[Embedded],
) -> Result<(), MigrationError> {
    let explain = |source| explain(schema, files, source);
    // sqlx takes the same lock once more, which a session may; taken here it covers CREATE SCHEMA, which races.
    connection.lock().await.map_err(explain)?;
    create_schema_if_missing(connection, schema).await?;
    // `run` would make a future that no task can hold (its `Acquire` is not general enough).
    migrator(files).run_direct(connection).await.map_err(explain)
}

/// Asks first: `CREATE SCHEMA IF NOT EXISTS` wants the right to create even where there is nothing to do.
async fn create_schema_if_missing(
    connection: &mut PgConnection,
    schema: &SchemaName,
) -> Result<(), MigrationError> {
    let failed =
        |source: sqlx::Error| MigrationError::Failed { schema: schema.clone(), source: source.into() };
    let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)")
        .bind(schema.as_str())
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?;
    if !there {
        let create = format!("CREATE SCHEMA \"{schema}\"");
        sqlx::query(&create).execute(connection).await.map_err(|source| {
            let code = source.as_database_error().and_then(|error| error.code());
            if code.as_deref() == Some(INSUFFICIENT_PRIVILEGE) {
                MigrationError::MayNotCreateSchema { schema: schema.clone(), source }
            } else {
                failed(source)
            }
        })?;
    }
    Ok(())
}

/// The migrations of a ledger.
pub(crate) const LEDGER_FILES: &[Embedded] = LEDGER;
/// The migrations of a key store.
pub(crate) const KEYS_FILES: &[Embedded] = KEYS;

/// Version, description, SQL text.
pub(crate) type Embedded = (i64, &'static str, &'static str);

fn migrator(files: &[Embedded]) -> Migrator {
    Migrator { migrations: Cow::Owned(migrations(files).collect()), ..Migrator::DEFAULT }
}

/// The files as sqlx has them, each with its checksum.
pub(crate) fn migrations(files: &[Embedded]) -> impl Iterator<Item = Migration> {
    files.iter().map(|&(version, description, sql)| {
        let (description, sql) = (Cow::Borrowed(description), Cow::Borrowed(sql));
        Migration::new(version, description, MigrationType::Simple, sql, false)
    })
}

fn explain(schema: &SchemaName, files: &[Embedded], source: MigrateError) -> MigrationError {
    let schema = schema.clone();
    match source {
        MigrateError::VersionMissing(found) => {
            let newest = files.last().map_or(0, |file| file.0);
            MigrationError::NewerDatabase { schema, found, newest }
        }
        MigrateError::VersionMismatch(version) => MigrationError::Changed { schema, version },
        // The advisory lock of another migrating process.
        MigrateError::Execute(sqlx::Error::Database(error))
            if error.code().as_deref() == Some(LOCK_NOT_AVAILABLE) =>
        {
            MigrationError::Locked { schema }
        }
        source => MigrationError::Failed { schema, source },
    }
}
