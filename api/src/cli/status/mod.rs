//! `gradeledger status`: one screen that says how the ledger stands.

mod screen;
mod span;

use std::io::{IsTerminal as _, Write as _, stdout};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use projections::Views;
use sqlx::PgPool;
use uuid::Uuid;

use super::database::LedgerAlone;
use super::settings::Place;
use super::stdout::print;
use crate::app::Opener;
use crate::app::answers::projections::{LEFT_OUT_SHOWN, ProjectionsAnswer};

#[derive(Debug, Args)]
pub(crate) struct StatusSettings {
    #[command(flatten)]
    place: Place,
    /// Print JSON, one document a line, as `GET /api/projections` answers it
    #[arg(long)]
    json: bool,
    /// Look again every so many seconds, until Ctrl-C
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "2",
          value_parser = clap::value_parser!(u16).range(1..=3_600))]
    watch: Option<u16>,
}

/// Succeeds where no view needs an operator.
pub(crate) async fn status(settings: StatusSettings) -> anyhow::Result<ExitCode> {
    let ledger = LedgerAlone::open(&settings.place).await?;
    let stuck_after = settings.place.limits()?.projectors.stuck_after;
    let views = Views::new(ledger.pool.clone()).stuck_after(stuck_after);
    let shown = show(&views, &settings).await;
    ledger.close().await?;
    Ok(if shown? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Shows it once, or again and again. Whether all was well when it was last looked at.
async fn show(views: &Views, settings: &StatusSettings) -> anyhow::Result<bool> {
    loop {
        let answer = look(views).await?;
        // Why streams are parked is sealed, and this needs no keys; `gradeledger projections parked` opens it.
        let json = Opener::Nobody.opened(serde_json::to_value(&answer)?).await?;
        print(|out| {
            if settings.json {
                return writeln!(out, "{json}");
            }
            if settings.watch.is_some() && stdout().is_terminal() {
                // The whole screen anew: clear, and begin at its top left corner (ECMA-48).
                write!(out, "\x1b[2J\x1b[H")?;
            }
            write!(out, "{}", screen::screen(&answer))
        })?;
        let Some(seconds) = settings.watch else {
            return Ok(answer.views.iter().all(|view| view.next.is_none()));
        };
        tokio::time::sleep(Duration::from_secs(seconds.into())).await;
    }
}

async fn look(views: &Views) -> anyhow::Result<ProjectionsAnswer> {
    let status = views.status_explained().await.or_else(older)?;
    let left_out = views.left_out(LEFT_OUT_SHOWN).await.or_else(older)?;
    Ok(ProjectionsAnswer::of(epoch(views.pool()).await.or_else(older)?, status, left_out))
}

async fn epoch(pool: &PgPool) -> Result<Uuid, sqlx::Error> {
    sqlx::query_scalar("SELECT epoch FROM ledger_head").fetch_one(pool).await
}

/// 42P01 and 42703: a table or a column is not there. This command migrates nothing, so an older ledger has not all.
pub(super) fn older<T>(error: sqlx::Error) -> anyhow::Result<T> {
    let code = error.as_database_error().and_then(|error| error.code());
    let missing = matches!(code.as_deref(), Some("42P01" | "42703"));
    Err(error).context(if missing {
        "this database holds no ledger in this schema, or one of another version: check DATABASE_URL and --schema, or \
         bring it to this version with `gradeledger migrate`"
    } else {
        "the database did not say how the views stand"
    })
}
