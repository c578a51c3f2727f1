//! `gradeledger rebuild`: empty views and fold them again.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use projections::{ProjectorLimits, Projectors, Views};

use super::database::Stores;
use super::settings::Place;

#[derive(Debug, Args)]
pub(crate) struct RebuildSettings {
    #[command(flatten)]
    place: Place,
    /// The views to rebuild
    #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "VIEW")]
    views: Vec<String>,
    /// Rebuild every view
    #[arg(long)]
    all: bool,
}

/// How often the views are looked at while they fold.
const LOOK: Duration = Duration::from_millis(250);
/// How long a view may stand still before the rebuild is given up: someone holds its tables, or an event stops it.
const STILL: Duration = Duration::from_secs(60);

pub(crate) async fn rebuild(settings: RebuildSettings) -> anyhow::Result<ExitCode> {
    settings.place.refuse_without_ledger()?;
    let stores = Stores::open(&settings.place).await?;
    let outcome = rebuild_in(&Views::new(stores.ledger.clone()), &settings).await;
    stores.close().await?;
    outcome?;
    Ok(ExitCode::SUCCESS)
}

async fn rebuild_in(views: &Views, settings: &RebuildSettings) -> anyhow::Result<()> {
    let names: Vec<String> = if settings.all {
        views.status().await?.into_iter().map(|view| view.name).collect()
    } else {
        settings.views.clone()
    };
    let head = views.head().await?;
    for name in &names {
        views.rebuild(name).await?;
    }
    // Whoever leads goes on; where no service runs, this process folds.
    let projectors = Projectors::start(views, ProjectorLimits::default());
    let folded = fold_to(views, &names, head).await;
    projectors.stop().await;
    folded
}

/// Waits until every named view has reached `head`.
async fn fold_to(views: &Views, names: &[String], head: i64) -> anyhow::Result<()> {
    let total = u64::try_from(head).unwrap_or(0) * names.len() as u64;
    let bar = ProgressBar::new(total);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} events, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    let mut moved = tokio::time::Instant::now();
    loop {
        let status = views.status().await?;
        let ours: Vec<_> = status.iter().filter(|view| names.contains(&view.name)).collect();
        if let Some((view, poison)) = ours.iter().find_map(|view| Some((view, view.poison.as_ref()?))) {
            bail!("the view {} stopped at position {}: {}", view.name, poison.position, poison.cause);
        }
        let folded = ours.iter().map(|view| u64::try_from(view.position.min(head)).unwrap_or(0)).sum();
        if bar.position() != folded {
            moved = tokio::time::Instant::now();
            bar.set_position(folded);
        }
        if ours.iter().all(|view| view.position >= head) {
            bar.finish_and_clear();
            println!("rebuilt {} from {head} events", names.join(", "));
            return Ok(());
        }
        if moved.elapsed() > STILL {
            bail!("the views have stood still for {} s; `GET /api/projections` tells where", STILL.as_secs());
        }
        tokio::time::sleep(LOOK).await;
    }
}
