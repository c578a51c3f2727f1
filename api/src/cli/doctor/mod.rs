//! `gradeledger doctor`: looks at everything that a ledger stands on, each thing apart and within a bound, and says what to
//! do about what is not well. It changes nothing but for a probe that it writes to the blobs and takes back.

mod clock;
mod connection;
mod folders;
mod report;
mod rights;
mod roles;
mod schema;
mod server;
mod stores;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use migrations::{SchemaName, SessionLimits, connect_options};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::ledger_roles::LedgerRoles;
use super::screen::Paint;
use super::settings::{Hand, Place, ReadPlace};
use super::stdout::print;
use crate::limits::Limits;
use report::Report;

/// Exit status 1 where something FAILs; a warning leaves it at 0.
#[derive(Debug, Args)]
#[command(
    after_help = "Give it the environment of the service: DATABASE_URL, KEYS_URL, BLOBS_URL, MASTER_KEY_FILE. What is not named \
                        is not looked at, and a warning says so. No secret is printed."
)]
pub(crate) struct DoctorSettings {
    #[command(flatten)]
    place: Place,
    /// The folder that `serve` writes its logs into, if it is given one
    #[arg(long, env = "GRADELEDGER_LOG_DIR", value_name = "FOLDER")]
    log_dir: Option<PathBuf>,
    /// Hold the role of DATABASE_URL to owning nothing and being unable to change what was recorded, even without triggers
    #[arg(long)]
    restricted_role: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// What the checks of the ledger's database look with.
struct Patient {
    pool: PgPool,
    schema: SchemaName,
    longest: Duration,
    /// Whether the ledger is a private one, whose only role is the superuser of its own server.
    is_private: bool,
    /// Whether the parts of the service have roles, and pools, of their own.
    under_roles: bool,
}

pub(crate) async fn doctor(settings: DoctorSettings) -> anyhow::Result<ExitCode> {
    let limits = settings.place.limits()?;
    let at = settings.place.for_reading(Hand::Reader).await?;
    let mut report = Report::default();
    examine(&settings, &limits, &at, &mut report).await?;
    if let Some(private) = at.private {
        private.stop().await?;
    }
    let paint = Paint::of_stdout();
    print(|out| if settings.json { report.write_json(out) } else { report.write(out, paint) })?;
    Ok(if report.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn examine(
    settings: &DoctorSettings,
    limits: &Limits,
    at: &ReadPlace,
    report: &mut Report,
) -> anyhow::Result<()> {
    let (schema, longest) = (settings.place.schema()?, limits.status.part);
    let pool = pool(&at.ledger, &schema, longest);
    let under_roles = LedgerRoles::of(&settings.place)?.is_some();
    let patient = Patient { pool, schema, longest, is_private: at.private.is_some(), under_roles };
    if connection::ledger(&patient, report).await {
        connection::listen(&patient, report).await;
        server::examine(&patient, limits, report).await;
        clock::examine(&patient, limits.status.clock_skew, report).await;
        if schema::ledger(&patient, report).await {
            schema::guards(&patient, report).await;
            schema::readers(&patient, report).await;
            rights::examine(&patient, settings.restricted_role, report).await;
        }
    }
    patient.pool.close().await;
    stores::examine(settings, at, longest, report).await?;
    folders::examine(settings, limits, at, report);
    Ok(())
}

/// Sessions as the service has them, but for the longest that a statement may take.
fn pool(options: &PgConnectOptions, schema: &SchemaName, longest: Duration) -> PgPool {
    let sessions = SessionLimits { statement_timeout: longest, idle_in_transaction_timeout: longest };
    PgPoolOptions::new().max_connections(3).acquire_timeout(longest).connect_lazy_with(connect_options(
        options.clone(),
        schema,
        sessions,
    ))
}
