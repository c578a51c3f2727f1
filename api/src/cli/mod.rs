//! The command line: what an operator types, and nothing of how it is done.

mod access_log;
mod acting;
mod actor;
mod database;
mod db;
mod doctor;
mod drift;
mod history;
mod keys;
mod ledger;
mod ledger_roles;
mod logs;
mod oidc;
mod projections;
mod rebuild;
mod repairs;
mod screen;
mod serve;
mod settings;
mod status;
mod stdout;
mod token;
mod verify;

pub mod demo;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::texts::Reason;
use ::projections::{ViewName, views};
pub use database::Stores;
use settings::{Place, ServeSettings};

/// An event-sourced ledger for grading scanned exam copies.
#[derive(Debug, Parser)]
#[command(name = "gradeledger", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the HTTP API, keep the views and do the work, until Ctrl-C
    Serve(ServeSettings),
    /// Play a whole grading session on a private Postgres, print what happened, then serve it
    Demo(demo::DemoSettings),
    /// Create, list and revoke the tokens that callers show
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// List actors, and block those who are to be let in no more
    #[command(subcommand)]
    Actor(actor::ActorCommand),
    /// Read who read what, and prune what is older than it is kept
    #[command(subcommand)]
    AccessLog(access_log::AccessLogCommand),
    /// Walk the whole ledger: positions, hashes and chains; name the first bad position
    Verify(verify::VerifySettings),
    /// Fold views anew beside the live ones, and swap them in once they are complete
    Rebuild(rebuild::RebuildSettings),
    /// Fold events again and hold the rows of views to them; write anew what differs
    Drift(drift::DriftSettings),
    /// Print the history of a copy, or the copy as it stood at a moment
    History(history::HistorySettings),
    /// Show on one screen how the ledger stands: what needs you and what to type, views, work, copies, locks, processes, disk
    Status(status::StatusSettings),
    /// Look at everything that the ledger stands on, and say what to do about what is not well
    Doctor(doctor::DoctorSettings),
    /// Let a stopped view try again, or go on without a stream that it cannot fold
    #[command(subcommand)]
    Projections(projections::ProjectionsCommand),
    /// Take a copy out of a grader's hands
    #[command(subcommand)]
    Lock(repairs::LockCommand),
    /// Have a failed import tried again
    #[command(subcommand)]
    Import(repairs::ImportCommand),
    /// Have a failed finalisation tried again
    #[command(subcommand)]
    Finalize(repairs::FinalizeCommand),
    /// Act on the ledger as a whole
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    /// Bring the databases to this version, as their owner, and exit
    Migrate(Place),
    /// See to what the roles of the database may do
    #[command(subcommand)]
    Db(db::DbCommand),
    /// Look at the keys of the key store, and move them to another master key
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// List every limit with its value
    Limits(Place),
}

/// Runs what the command line asks for. Says what went wrong, with its causes, on stderr.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&anyhow::Error::new(error).context("starting")),
    };
    let outcome = runtime.block_on(run(arguments.command));
    // Work that a stop left behind must not keep the process: its bounds were waited for already.
    runtime.shutdown_background();
    outcome.unwrap_or_else(|error| refuse(&error))
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(settings) => serve::serve(settings).await,
        Command::Demo(settings) => demo::demo(settings).await,
        Command::Token(command) => token::token(command).await,
        Command::Actor(command) => actor::actor(command).await,
        Command::AccessLog(command) => access_log::access_log(command).await,
        Command::Verify(settings) => verify::verify(settings).await,
        Command::Rebuild(settings) => rebuild::rebuild(settings).await,
        Command::Drift(settings) => Ok(drift::drift(settings).await),
        Command::History(settings) => history::history(settings).await,
        Command::Status(settings) => status::status(settings).await,
        Command::Doctor(settings) => doctor::doctor(settings).await,
        Command::Projections(command) => projections::projections(command).await,
        Command::Lock(command) => repairs::lock(command).await,
        Command::Import(command) => repairs::import(command).await,
        Command::Finalize(command) => repairs::finalize(command).await,
        Command::Ledger(command) => ledger::ledger(command).await,
        Command::Migrate(place) => db::migrate(&place).await,
        Command::Db(command) => db::db(command).await,
        Command::Keys(command) => keys::keys(command).await,
        Command::Limits(place) => {
            let shown = place.limits()?.shown();
            stdout::print(|out| shown.iter().try_for_each(|(name, value)| writeln!(out, "{name}={value}")))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The view of this build that an operator names.
fn view_named(name: &str) -> Result<ViewName, String> {
    let names = views::ALL.map(|(view, _)| view);
    names.into_iter().find(|view| view.name == name).ok_or_else(|| {
        let known = names.map(|view| view.name).join(", ");
        format!("there is no view {name}; there are {known}")
    })
}

/// A reason as it is typed.
fn reason(text: &str) -> Result<Reason, String> {
    Reason::try_from(text.to_owned()).map_err(|error| error.to_string())
}

fn refuse(error: &anyhow::Error) -> ExitCode {
    eprintln!("gradeledger: {error}");
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // A transparent error repeats its source's text.
        if !error.to_string().contains(&cause) {
            eprintln!("  because: {cause}");
        }
    }
    ExitCode::FAILURE
}
