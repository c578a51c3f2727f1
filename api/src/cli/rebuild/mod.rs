//! `gradeledger rebuild`: views folded anew beside the live ones, and swapped in.

mod told;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use clap::Args;
use projections::{RebuildError, ViewName, Views, views};

use super::database::LedgerAlone;
use super::settings::Place;
use told::Told;

#[derive(Debug, Args)]
#[command(
    after_help = "Readers and writers go on meanwhile: a view is swapped in by one short transaction, once every \
                        event up to the head is in it. Progress goes to stderr: a bar on a terminal, JSON lines \
                        elsewhere; stdout names each view that was swapped in."
)]
pub(crate) struct RebuildSettings {
    #[command(flatten)]
    place: Place,
    /// The views to rebuild
    #[arg(
        required_unless_present = "all", conflicts_with = "all", value_name = "VIEW",
        value_parser = super::view_named
    )]
    views: Vec<ViewName>,
    /// Rebuild every view
    #[arg(long)]
    all: bool,
    /// Print a JSON object a line for each view that was swapped in
    #[arg(long)]
    json: bool,
}

pub(crate) async fn rebuild(settings: RebuildSettings) -> anyhow::Result<ExitCode> {
    settings.place.refuse_without_ledger()?;
    let ledger = LedgerAlone::migrated(&settings.place).await?;
    let outcome = rebuild_in(&Views::new(ledger.pool.clone()), &settings).await;
    ledger.close().await?;
    outcome?;
    Ok(ExitCode::SUCCESS)
}

async fn rebuild_in(views: &Views, settings: &RebuildSettings) -> anyhow::Result<()> {
    let names = if settings.all { views::ALL.map(|(view, _)| view).to_vec() } else { settings.views.clone() };
    let limits = settings.place.limits()?.projectors.rebuild;
    let mut told = Told::new(settings.json);
    let began = Instant::now();
    let rebuilt = views.rebuild(&names, limits, &mut |news| told.news(&news)).await;
    told.end(rebuilt.as_deref().ok(), began.elapsed())?;
    match rebuilt {
        Ok(_) => Ok(()),
        Err(error @ RebuildError::Unfoldable(_)) => {
            let to_do = "the live view stands as it stood; start a version that can fold it, or park its stream with \
                         `gradeledger projections park`, and rebuild again";
            Err(error).context(to_do)
        }
        Err(error) => Err(error.into()),
    }
}
