//! `gradeledger ledger`: acts on the ledger as a whole.

mod told;

use std::io::{IsTerminal as _, Write as _, stderr, stdin};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use domain::OperationsId;
use projections::Views;
use sqlx::PgPool;
use uuid::Uuid;

use super::database::LedgerAlone;
use super::settings::{Hand, Place};
use super::stdout::print;
use crate::ledger::{NewEpoch, new_epoch, restored_up_to};
use crate::vault::{Purpose, Vault, VaultOwner};

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// After a restore from a backup: have every place of the history that was lost refused
    NewEpoch(NewEpochSettings),
}

#[derive(Debug, Args)]
pub(crate) struct NewEpochSettings {
    #[command(flatten)]
    place: Place,
    /// Why, for whoever looks into it later; kept sealed in the ledger
    #[arg(long)]
    reason: String,
    /// The last position that the restored backup held, where something was appended since [default: read off the rows
    /// where they tell it, else the head]
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(0..))]
    same_up_to: Option<i64>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// The longest reason, in characters.
const REASON_CHARACTERS: usize = 2_000;

/// How the ledger stands before anything is done.
struct Before {
    epoch: Uuid,
    head: i64,
    /// The last position of the backup, and how that is known.
    same_up_to: i64,
    known_by: KnownBy,
}

/// How it is known what the backup held.
enum KnownBy {
    /// The operator says so.
    Operator,
    /// The rows were written by one transaction, which was the restore.
    Rows,
    /// Nothing says otherwise.
    Nothing,
}

pub(crate) async fn ledger(command: LedgerCommand) -> anyhow::Result<ExitCode> {
    let LedgerCommand::NewEpoch(settings) = command;
    let reason = settings.reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARACTERS {
        bail!(
            "--reason takes a text of 1 to {REASON_CHARACTERS} characters: what was restored, from when, by whom"
        );
    }
    let ledger = LedgerAlone::open(&settings.place, Hand::Owner).await?;
    let begun = begin(&ledger, &settings, reason).await;
    ledger.close().await?;
    begun
}

async fn begin(ledger: &LedgerAlone, settings: &NewEpochSettings, reason: &str) -> anyhow::Result<ExitCode> {
    refuse_other_versions(&ledger.pool).await?;
    let vault: Vault = ledger.vault(&settings.place).await?.context(
        "the reason is sealed with a key of the key store: set KEYS_URL and MASTER_KEY_FILE, as the service has them",
    )?;
    let before = before(&ledger.pool, settings.same_up_to).await?;
    eprint!("{}", told::before(&before));
    if !settings.yes && !confirmed()? {
        println!("nothing was done");
        return Ok(ExitCode::FAILURE);
    }
    let owner = VaultOwner::Operations(OperationsId::ONLY);
    let asked = NewEpoch {
        same_up_to: Some(before.same_up_to),
        reason: &vault.seal(owner, Purpose::Comments, reason).await?,
        lock_timeout: settings.place.limits()?.append.lock_timeout,
    };
    let begun = new_epoch(&ledger.pool, &asked).await?;
    let views = Views::new(ledger.pool.clone()).status().await?;
    print(|out| write!(out, "{}", told::after(&begun, &views)))?;
    Ok(ExitCode::SUCCESS)
}

/// This command migrates nothing: a restored ledger is of the version that it was dumped at.
async fn refuse_other_versions(pool: &PgPool) -> anyhow::Result<()> {
    let columns: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM information_schema.columns \
         WHERE table_schema = current_schema() AND table_name = 'ledger_epochs' AND column_name = 'reason'",
    )
    .fetch_one(pool)
    .await?;
    if columns == 0 {
        bail!(
            "this database holds no ledger in this schema, or one of an older version: check DATABASE_URL and --schema, or \
             bring it to this version with `gradeledger migrate`"
        );
    }
    Ok(())
}

async fn before(pool: &PgPool, said: Option<i64>) -> anyhow::Result<Before> {
    let (epoch, head): (Uuid, i64) =
        sqlx::query_as("SELECT epoch, coalesce((SELECT max(position) FROM events), 0) FROM ledger_head")
            .fetch_one(pool)
            .await?;
    let (same_up_to, known_by) = match (said, restored_up_to(pool).await?) {
        (Some(said), _) => (said, KnownBy::Operator),
        (None, Some(position)) => (position, KnownBy::Rows),
        (None, None) => (head, KnownBy::Nothing),
    };
    Ok(Before { epoch, head, same_up_to, known_by })
}

/// Whether somebody at the terminal says yes.
fn confirmed() -> anyhow::Result<bool> {
    if !stdin().is_terminal() {
        bail!("nobody is there to ask; say --yes to begin a new epoch without being asked");
    }
    eprint!("Begin a new epoch? Type yes: ");
    stderr().flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}
