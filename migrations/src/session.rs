//! What every connection to a ledger is set to.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use crate::SchemaName;

/// How long the server lets a session work or wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// The longest that one statement may run; zero is no limit.
    pub statement_timeout: Duration,
    /// The longest that a transaction may stay open with nothing to do; zero is no limit.
    pub idle_in_transaction_timeout: Duration,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            statement_timeout: Duration::from_secs(30),
            idle_in_transaction_timeout: Duration::from_secs(10),
        }
    }
}

/// `base` with the settings of a ledger's session: `search_path` is the schema alone (and `pg_catalog`,
/// which Postgres always searches), so that unqualified SQL can only mean this ledger; `application_name` shows
/// in `pg_stat_activity`; the limits bound every statement. The time zone is UTC, which sqlx sets itself.
///
/// The settings travel in the startup packet, so they hold from the first statement of every connection of a
/// pool. A pooler between must pass them on; [`check_server`](crate::check_server) finds one that does not.
#[must_use]
pub fn connect_options(
    base: PgConnectOptions,
    schema: &SchemaName,
    limits: SessionLimits,
) -> PgConnectOptions {
    let milliseconds = |limit: Duration| limit.as_millis().to_string();
    base.application_name("gradeledger").options([
        ("search_path", schema.to_string()),
        ("statement_timeout", milliseconds(limits.statement_timeout)),
        ("idle_in_transaction_session_timeout", milliseconds(limits.idle_in_transaction_timeout)),
    ])
}
