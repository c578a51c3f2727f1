//! `gradeledger lock release`, `import retry` and `finalize retry`: repairs of one copy, each a command with an actor and a
//! reason (L16), and nothing that a database shell is needed for.

mod told;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};
use domain::CopyId;
use domain::copy::ExamCopy;
use projections::copies;

use super::acting::Acting;
use super::database::Stores;
use super::settings::Place;
use super::stdout::print;
use crate::app::status::workers_run;
use crate::app::texts::Reason;
use crate::app::{App, AppError, Caller, Written};
use crate::metrics::Metrics;
use crate::service;
use told::Repaired;

#[derive(Debug, Subcommand)]
#[command(after_help = "`gradeledger status` shows the locks by age, and which are past their end.")]
pub(crate) enum LockCommand {
    /// Take a copy out of a grader's hands; what was marked stays. Recorded, with actor and reason
    Release(Repair),
}

#[derive(Debug, Subcommand)]
#[command(after_help = "`gradeledger status` shows which imports failed, and at which stage.")]
pub(crate) enum ImportCommand {
    /// Have a failed import tried again, after its cause was mended. Recorded, with actor and reason
    Retry(Repair),
}

#[derive(Debug, Subcommand)]
#[command(after_help = "`gradeledger status` shows which finalisations failed, and at which stage.")]
pub(crate) enum FinalizeCommand {
    /// Have a failed finalisation tried again, as the marking stands. Recorded, with actor and reason
    Retry(Repair),
}

/// What every repair of a copy is told.
#[derive(Args, Debug)]
pub(crate) struct Repair {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    acting: Acting,
    /// The copy's id
    #[arg(value_name = "COPY")]
    copy: CopyId,
    /// Why; sealed in the vault
    #[arg(long, value_name = "TEXT", value_parser = super::reason)]
    reason: Reason,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// The repairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    ReleaseLock,
    RetryImport,
    RetryFinalisation,
}

pub(crate) async fn lock(LockCommand::Release(repair): LockCommand) -> anyhow::Result<ExitCode> {
    run(Act::ReleaseLock, repair).await
}

pub(crate) async fn import(ImportCommand::Retry(repair): ImportCommand) -> anyhow::Result<ExitCode> {
    run(Act::RetryImport, repair).await
}

pub(crate) async fn finalize(FinalizeCommand::Retry(repair): FinalizeCommand) -> anyhow::Result<ExitCode> {
    run(Act::RetryFinalisation, repair).await
}

async fn run(act: Act, repair: Repair) -> anyhow::Result<ExitCode> {
    repair.place.refuse_without_ledger()?;
    let stores = Stores::open(&repair.place).await?;
    let done = done(act, &stores, &repair).await;
    stores.close().await?;
    done.map(|()| ExitCode::SUCCESS)
}

async fn done(act: Act, stores: &Stores, repair: &Repair) -> anyhow::Result<()> {
    let Repair { place, acting, copy, reason, json } = repair;
    let caller = acting.caller(place, stores).await?;
    let app = service::app(stores, &place.limits()?, Metrics::new()).await?;
    // What stood before is for whoever reads the answer; the decision is made on what stands when it is made.
    let before = app.ledger.load::<ExamCopy>(copy.0).await?;
    let last_failure = copies::get(app.views.pool(), *copy).await?.and_then(|row| row.last_failure);
    let written = match send(act, &app, &caller, *copy, reason).await {
        Err(AppError::NoSuch(_)) => bail!(
            "there is no copy {copy} in this ledger; check the id, and that DATABASE_URL and --schema name the ledger that you \
             mean"
        ),
        written => written?,
    };
    let unattended = act != Act::ReleaseLock && workers_run(&app.watched).await == Some(false);
    let before = &before.state;
    let repaired = Repaired { act, copy: *copy, caller: &caller, before, last_failure, unattended, written };
    if *json {
        let document = repaired.document(&app.vault).await?;
        print(|out| writeln!(out, "{document:#}"))?;
    } else {
        print(|out| write!(out, "{}", repaired.words()))?;
    }
    Ok(())
}

async fn send(
    act: Act,
    app: &App,
    caller: &Caller,
    copy: CopyId,
    reason: &Reason,
) -> Result<Written, AppError> {
    match act {
        Act::ReleaseLock => app.force_release_lock(caller, copy, reason).await,
        Act::RetryImport => app.retry_import(caller, copy, reason).await,
        Act::RetryFinalisation => app.retry_finalisation(caller, copy, reason).await,
    }
}
