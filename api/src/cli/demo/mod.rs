//! `gradeledger demo`: a whole grading session on a private Postgres, through the HTTP API, by this one command.

mod client;
mod expect;
mod progress;
mod report;
mod scans;
mod script;

use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use clap::Args;
use domain::Role;

use super::database::Stores;
use super::serve::{Stop, stop_unless_told_again};
use super::settings::Place;
use crate::limits::Limits;
use crate::service::{Service, ServiceSettings};
use crate::tokens;
use client::Client;
use expect::Expectations;
use progress::Progress;
use script::Cast;

#[derive(Args, Debug)]
pub(crate) struct DemoSettings {
    /// Exit when the session is played, with an error if anything differed from what the script expects
    #[arg(long)]
    once: bool,
    /// Address and port to serve on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8088")]
    listen: SocketAddr,
    /// Folder for the demo's Postgres, blobs and PDFs [default: /var/lib/gradeledger/demo for root, else
    /// ~/.local/share/gradeledger/demo]
    #[arg(long, value_name = "FOLDER")]
    data_folder: Option<PathBuf>,
}

/// The name that the demo's own tokens are kept under, by role.
const NAMES: [(Role, &str); 4] = [
    (Role::Admin, "demo office"),
    (Role::Grader, "demo first grader"),
    (Role::Grader, "demo second grader"),
    (Role::Auditor, "demo auditor"),
];
/// How long they live.
const TOKENS_LIVE: std::time::Duration = std::time::Duration::from_secs(24 * 3_600);

/// What the service's log has to say goes into a file beside the data: stdout is for the person who reads along.
const LOG_FOLDER: &str = "log";

pub(crate) async fn demo(settings: DemoSettings) -> anyhow::Result<ExitCode> {
    let folder = match &settings.data_folder {
        Some(folder) => std::path::absolute(folder)?,
        // A folder of its own: the demo never touches the ledger that `serve --private` keeps.
        None => migrations::default_data_folder()?.join("demo"),
    };
    println!("gradeledger {} demo, in {}", env!("CARGO_PKG_VERSION"), folder.display());
    let progress = Progress::new();
    progress.begin("start a private Postgres");
    let place = Place {
        private: true,
        data_folder: Some(folder.clone()),
        schema: migrations::DEFAULT_SCHEMA.to_owned(),
        alone: true,
        ..Place::default()
    };
    let mut stop = Stop::listen()?;
    let stores = Stores::open(&place).await?;
    let outcome = demo_on(&stores, &settings, &folder, progress, &mut stop).await;
    stores.close().await?;
    outcome
}

async fn demo_on(
    stores: &Stores,
    settings: &DemoSettings,
    folder: &Path,
    progress: Progress,
    stop: &mut Stop,
) -> anyhow::Result<ExitCode> {
    let logs = super::logs::into_folder(&folder.join(LOG_FOLDER))?;
    progress.say("private Postgres is up, migrated, reachable by its Unix socket only");
    let service =
        Service::start(stores, ServiceSettings::at(settings.listen, Limits::default())?, Some(&logs)).await?;
    let outcome = tokio::select! {
        outcome = play_on(stores, &service, settings, folder, &progress) => outcome,
        () = stop.told() => Err(anyhow!("the session was broken off; all that was started is stopped")),
    };
    progress.end();
    if !settings.once && outcome.is_ok() {
        println!("Serving until Ctrl-C.");
        stop.told().await;
        println!("stopping");
    }
    stop_unless_told_again(service, stop).await;
    let expectations = outcome?;
    Ok(if expectations.differed().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn play_on(
    stores: &Stores,
    service: &Service,
    settings: &DemoSettings,
    folder: &Path,
    progress: &Progress,
) -> anyhow::Result<Expectations> {
    let address = service.address();
    let base = format!("http://{address}");
    progress.say(&format!("serving on {base}"));
    let pdfs = folder.join("final-pdfs").join(uuid::Uuid::now_v7().to_string());
    // What lies there is a student's, in clear.
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&pdfs);
    made.with_context(|| format!("making {}", pdfs.display()))?;
    let (cast, tokens) = cast(stores, &base).await?;
    let mut expectations = Expectations::default();
    let session = script::play(&cast, &pdfs, progress, &mut expectations).await?;
    progress.end();
    report::print(&session, &base, &tokens, !settings.once)?;
    report::print_expectations(&expectations);
    Ok(expectations)
}

/// The tokens that a person goes on with.
struct ShownTokens {
    admin: String,
    grader: String,
    auditor: String,
}

/// Makes a token for everyone who acts.
async fn cast(stores: &Stores, base: &str) -> anyhow::Result<(Cast, ShownTokens)> {
    let mut made = Vec::with_capacity(NAMES.len());
    for (role, name) in NAMES {
        let (token, actor) = tokens::create(&stores.keys, role, name, Some(TOKENS_LIVE)).await?;
        made.push((token.reveal().to_owned(), actor.to_string()));
    }
    let [office, first, second, auditor] = made.try_into().ok().context("a token for each of the cast")?;
    let caller = Client::new(base, &office.0)?;
    let cast = Cast {
        first_grader: caller.with_token(&first.0),
        second_grader: caller.with_token(&second.0),
        office: caller,
        first_grader_id: first.1,
        second_grader_id: second.1,
    };
    Ok((cast, ShownTokens { admin: office.0, grader: first.0, auditor: auditor.0 }))
}
