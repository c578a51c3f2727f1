//! `gradeledger projections`: what an operator does about a view that stopped.

mod follow;
mod parked;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use domain::ViewName;
use projections::{ProjectionStatus, Views, views};
use uuid::Uuid;

use super::acting::Acting;
use super::database::{LedgerAlone, Stores};
use super::reason;
use super::settings::{Hand, Place};
use super::status::older;
use crate::app::texts::Reason;
use crate::app::{App, Caller};
use crate::limits::OperatorLimits;
use crate::metrics::Metrics;
use crate::service;
use follow::{Asked, follow};

#[derive(Debug, Subcommand)]
#[command(after_help = "`gradeledger status` shows which views are stopped, by what, and what to type.")]
pub(crate) enum ProjectionsCommand {
    /// Let a stopped view try its event again, after the cause was mended
    Retry(Retry),
    /// Let a stopped view go on without the stream that stops it; recorded, with actor and reason
    Park(Park),
    /// Have a view take a parked stream in again, from its beginning; recorded, with the actor
    Unpark(Unpark),
    /// List what is parked: since when, by whom, why and from where
    Parked(parked::ParkedSettings),
}

/// Exit status 1 where the view has stopped again, or nothing is known yet.
#[derive(Debug, Args)]
pub(crate) struct Retry {
    #[command(flatten)]
    place: Place,
    /// The view
    #[arg(value_name = "VIEW", value_parser = view)]
    view: ViewName,
}

#[derive(Debug, Args)]
pub(crate) struct Park {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    acting: Acting,
    /// The view
    #[arg(value_name = "VIEW", value_parser = view)]
    view: ViewName,
    /// The id of the stream that stops it, as `gradeledger status` shows it
    #[arg(long, value_name = "ID")]
    stream: Uuid,
    /// Why; sealed in the vault
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: Reason,
}

#[derive(Debug, Args)]
pub(crate) struct Unpark {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    acting: Acting,
    /// The view
    #[arg(value_name = "VIEW", value_parser = view)]
    view: ViewName,
    /// The id of the parked stream, as `gradeledger projections parked` shows it
    #[arg(long, value_name = "ID")]
    stream: Uuid,
    /// Why, where there is something to say; sealed in the vault
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: Option<Reason>,
}

fn view(name: &str) -> Result<ViewName, String> {
    let known = views::ALL.map(|(view, _)| view.name);
    match name.parse() {
        Ok(view) if known.contains(&name) => Ok(view),
        _ => Err(format!("there is no view {name}; there are {}", known.join(", "))),
    }
}

/// Succeeds where the view has gone on, or will as soon as a process leads it.
pub(crate) async fn projections(command: ProjectionsCommand) -> anyhow::Result<ExitCode> {
    match command {
        ProjectionsCommand::Retry(settings) => retry(&settings).await,
        ProjectionsCommand::Park(settings) => park(&settings).await,
        ProjectionsCommand::Unpark(settings) => unpark(&settings).await,
        ProjectionsCommand::Parked(settings) => parked::list(&settings).await,
    }
}

async fn retry(Retry { place, view }: &Retry) -> anyhow::Result<ExitCode> {
    let ledger = LedgerAlone::open(place, Hand::Projector).await?;
    let retried = retry_in(&Views::new(ledger.pool.clone()), view, place.limits()?.operator).await;
    ledger.close().await?;
    retried
}

async fn retry_in(views: &Views, view: &ViewName, limits: OperatorLimits) -> anyhow::Result<ExitCode> {
    let before = views.status_named(view.as_str()).await.or_else(older)?;
    let before = before.with_context(|| format!("there is no view {view}"))?;
    views.retry(view.as_str()).await?;
    follow(views, Asked::Retry, &before, limits).await
}

async fn park(settings: &Park) -> anyhow::Result<ExitCode> {
    let stores = open(&settings.place).await?;
    let parked = park_in(&stores, settings).await;
    stores.close().await?;
    parked
}

async fn park_in(stores: &Stores, settings: &Park) -> anyhow::Result<ExitCode> {
    let Park { place, acting, view, stream, reason } = settings;
    let Begun { app, caller, before } = begin(stores, place, acting, view).await?;
    let written = app.park(&caller, view, *stream, reason).await?;
    println!(
        "parked {} {stream} for {view} from position {} on: event {} of the ledger",
        written.answer["stream_type"].as_str().unwrap_or_default(),
        written.answer["parked"]["from_position"],
        written.position.number
    );
    follow(&app.views, Asked::Park(*stream), &before, place.limits()?.operator).await
}

async fn unpark(settings: &Unpark) -> anyhow::Result<ExitCode> {
    let stores = open(&settings.place).await?;
    let unparked = unpark_in(&stores, settings).await;
    stores.close().await?;
    unparked
}

async fn unpark_in(stores: &Stores, settings: &Unpark) -> anyhow::Result<ExitCode> {
    let Unpark { place, acting, view, stream, reason } = settings;
    let Begun { app, caller, before } = begin(stores, place, acting, view).await?;
    let written = app.unpark(&caller, view, *stream, reason.as_ref()).await?;
    println!(
        "unparked {} {stream} for {view}: event {} of the ledger",
        written.answer["stream_type"].as_str().unwrap_or_default(),
        written.position.number
    );
    follow(&app.views, Asked::Unpark(*stream), &before, place.limits()?.operator).await
}

/// What an act that is recorded begins with.
struct Begun {
    app: App,
    caller: Caller,
    /// How the view stands.
    before: ProjectionStatus,
}

async fn open(place: &Place) -> anyhow::Result<Stores> {
    place.refuse_without_ledger()?;
    Stores::open(place).await
}

async fn begin(stores: &Stores, place: &Place, acting: &Acting, view: &ViewName) -> anyhow::Result<Begun> {
    let caller = acting.caller(place, stores).await?;
    let app = service::app(stores, &place.limits()?, Metrics::new()).await?;
    let before = app.views.status_named(view.as_str()).await?;
    let before = before.with_context(|| format!("there is no view {view}"))?;
    Ok(Begun { app, caller, before })
}
