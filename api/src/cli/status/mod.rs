//! `gradeledger status`: one screen that says how the ledger stands.

mod parts;
mod screen;

use std::io::{IsTerminal as _, Write as _, stdout};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use projections::Views;

use super::database::LedgerAlone;
use super::screen::Paint;
use super::settings::Place;
use super::stdout::print;
use crate::app::Opener;
use crate::app::status::{Watched, look};

/// Exit status 1 where something needs a person.
#[derive(Debug, Args)]
#[command(
    after_help = "Reads the ledger's database alone; with KEYS_URL and BLOBS_URL it tells their sizes, too. `gradeledger doctor` \
                        looks for causes."
)]
pub(crate) struct StatusSettings {
    #[command(flatten)]
    place: Place,
    /// Print JSON, one document a line, as `GET /api/status` answers it
    #[arg(long)]
    json: bool,
    /// Look again every so many seconds, until Ctrl-C
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "2",
          value_parser = clap::value_parser!(u16).range(1..=3_600))]
    watch: Option<u16>,
}

/// Succeeds where nothing needs a person.
pub(crate) async fn status(settings: StatusSettings) -> anyhow::Result<ExitCode> {
    let limits = settings.place.limits()?;
    // What is not answered in time is told as such; Postgres ends it, too, so that nothing is left behind.
    let ledger = LedgerAlone::looking(&settings.place, limits.status.part).await?;
    let watched = Watched {
        views: Views::new(ledger.pool.clone()).stuck_after(limits.projectors.stuck_after),
        keys: ledger.keys_pool(limits.status.part),
        blobs: ledger.blob_folder(&settings.place),
        limits: limits.of_status(),
    };
    let shown = show(&watched, &ledger.name(), &settings).await;
    if let Some(keys) = &watched.keys {
        keys.close().await;
    }
    ledger.close().await?;
    Ok(if shown? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Shows it once, or again and again. Whether all was well when it was last looked at.
async fn show(watched: &Watched, name: &str, settings: &StatusSettings) -> anyhow::Result<bool> {
    refuse_without_schema(&watched.views).await?;
    let paint = Paint::of_stdout();
    loop {
        let answer = look(watched, true).await;
        // Why streams are parked is sealed, and this needs no keys; `gradeledger projections parked` opens it.
        let json = Opener::nobody().opened(serde_json::to_value(&answer)?).await?;
        print(|out| {
            if settings.json {
                return writeln!(out, "{json}");
            }
            if settings.watch.is_some() && stdout().is_terminal() {
                // The whole screen anew: clear, and begin at its top left corner (ECMA-48).
                write!(out, "\x1b[2J\x1b[H")?;
            }
            write!(out, "{}", screen::screen(&answer, name, paint))
        })?;
        let Some(seconds) = settings.watch else { return Ok(answer.well) };
        tokio::time::sleep(Duration::from_secs(seconds.into())).await;
    }
}

/// Where there is no ledger at all, that is what there is to say. A table that is locked is there, and this does not wait
/// for it.
async fn refuse_without_schema(views: &Views) -> anyhow::Result<()> {
    let there: Result<bool, sqlx::Error> =
        sqlx::query_scalar("SELECT to_regclass('ledger_head') IS NOT NULL").fetch_one(views.pool()).await;
    match there.or_else(older)? {
        true => Ok(()),
        false => anyhow::bail!(NO_LEDGER),
    }
}

const NO_LEDGER: &str = "this database holds no ledger in this schema, or one of another version: check DATABASE_URL and --schema, or \
                         bring it to this version with `gradeledger migrate`";

/// 42P01 and 42703: a table or a column is not there. This command migrates nothing, so an older ledger has not all.
pub(super) fn older<T>(error: sqlx::Error) -> anyhow::Result<T> {
    let code = error.as_database_error().and_then(|error| error.code());
    let missing = matches!(code.as_deref(), Some("42P01" | "42703"));
    Err(error).context(if missing { NO_LEDGER } else { "the database did not say how the views stand" })
}
