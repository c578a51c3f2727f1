//! Whether a schema is as the migrations of this binary leave it: read, never changed.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use sqlx::migrate::Migration;

use crate::migrate::{KEYS_FILES, LEDGER_FILES, migrations};

/// What the database says of migrations, held against those of this binary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrationStanding {
    /// How many are applied as this binary holds them.
    pub applied: usize,
    /// Those that are not applied.
    pub missing: Vec<i64>,
    /// Those that this binary does not hold: a newer one migrated.
    pub unknown: Vec<i64>,
    /// Those that were applied with another text, or whose row was changed since.
    pub changed: Vec<i64>,
    /// Those that were begun and not finished.
    pub unfinished: Vec<i64>,
}

/// The migrations of a ledger's schema, which the session sees.
///
/// # Errors
/// The database did not answer, or the schema was never migrated.
pub async fn ledger_standing(connection: &mut PgConnection) -> Result<MigrationStanding, sqlx::Error> {
    standing(connection, migrations(LEDGER_FILES)).await
}

/// The migrations of a key store's schema, which the session sees.
///
/// # Errors
/// As [`ledger_standing`].
pub async fn keys_standing(connection: &mut PgConnection) -> Result<MigrationStanding, sqlx::Error> {
    standing(connection, migrations(KEYS_FILES)).await
}

async fn standing(
    connection: &mut PgConnection,
    held: impl Iterator<Item = Migration>,
) -> Result<MigrationStanding, sqlx::Error> {
    let rows: Vec<(i64, Vec<u8>, bool)> =
        sqlx::query_as("SELECT version, checksum, success FROM _sqlx_migrations")
            .fetch_all(connection)
            .await?;
    let mut applied: BTreeMap<_, _> =
        rows.into_iter().map(|(version, checksum, success)| (version, (checksum, success))).collect();
    let mut found = MigrationStanding::default();
    for migration in held {
        match applied.remove(&migration.version) {
            None => found.missing.push(migration.version),
            Some((_, false)) => found.unfinished.push(migration.version),
            Some((checksum, true)) if checksum != *migration.checksum => {
                found.changed.push(migration.version)
            }
            Some((_, true)) => found.applied += 1,
        }
    }
    found.unknown = applied.into_keys().collect();
    Ok(found)
}
