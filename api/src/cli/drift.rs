//! `gradeledger drift`: whether the rows of views are what the events come to.

mod told;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::bail;
use clap::Args;
use domain::CopyId;
use indicatif::{ProgressBar, ProgressStyle};
use projections::{DriftScope, DriftSummary, DriftWalk, StreamId, ViewName, Views, views};
use sqlx::PgPool;

use super::database::LedgerAlone;
use super::refuse;
use super::settings::{Hand, Place};
use crate::ledger::verify::{Verdict, verify};
use told::Told;

#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 if every row is what the events come to, 1 if rows differed (repaired or not), \
                        2 if it could not be found out."
)]
pub(crate) struct DriftSettings {
    #[command(flatten)]
    place: Place,
    /// The views to look at [default: all]
    #[arg(value_name = "VIEW", value_parser = super::view_named)]
    views: Vec<ViewName>,
    /// Look at this many copies, and as many exams, from a random place on, instead of all
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "copy")]
    sample: Option<u32>,
    /// Look at this copy alone
    #[arg(long, value_name = "ID")]
    copy: Option<CopyId>,
    /// Write the rows of the copies that differ anew from their events, and no others; the ledger is verified first
    #[arg(long)]
    repair: bool,
    /// Print a JSON object a line: each row that differs, each repair, and at the end a summary
    #[arg(long)]
    json: bool,
}

/// What an operator's script can tell apart.
const DIFFERED: u8 = 1;
const NOT_FOUND_OUT: u8 = 2;

pub(crate) async fn drift(settings: DriftSettings) -> ExitCode {
    match look(&settings).await {
        Ok(summary) if !summary.is_clean() => ExitCode::from(DIFFERED),
        Ok(summary) if summary.is_whole() => ExitCode::SUCCESS,
        // A view that this version is too old to fold was not looked at.
        Ok(_) => ExitCode::from(NOT_FOUND_OUT),
        Err(error) => {
            refuse(&error);
            ExitCode::from(NOT_FOUND_OUT)
        }
    }
}

async fn look(settings: &DriftSettings) -> anyhow::Result<DriftSummary> {
    let ledger = LedgerAlone::open(&settings.place, Hand::Projector).await?;
    let views = Views::new(ledger.pool.clone());
    let sound = if settings.repair { sound(&ledger.pool).await } else { Ok(()) };
    let looked = match sound {
        Ok(()) => look_in(&views, settings).await,
        Err(error) => Err(error),
    };
    ledger.close().await?;
    looked
}

/// Rows that differ may be right, and the events changed behind the ledger's back: then the rows are evidence, and are kept.
async fn sound(pool: &PgPool) -> anyhow::Result<()> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    match verify(pool, workers, Arc::new(|_, _| {})).await? {
        Verdict::Sound { .. } => Ok(()),
        Verdict::Broken(finding) => bail!(
            "nothing is repaired: an event itself is not what was recorded, at position {}: {}. The rows that differ may be what \
             was there before. Keep the database as it is; docs/playbook.md, Keep everything as it is, says what to do",
            finding.position,
            finding.fault
        ),
    }
}

async fn look_in(views: &Views, settings: &DriftSettings) -> anyhow::Result<DriftSummary> {
    let names = match settings.views.as_slice() {
        [] => views::ALL.map(|(view, _)| view).to_vec(),
        named => named.to_vec(),
    };
    let bar = bar(views, settings).await?;
    let mut told = Told::new(settings.json, bar);
    let began = Instant::now();
    let mut walk = DriftWalk::from_somewhere();
    let copy = settings.copy.map(|copy| [StreamId::Copy(copy)]);
    let scope = match (&copy, settings.sample) {
        (Some(copy), _) => DriftScope::Streams(copy),
        (None, Some(sample)) => DriftScope::Next(&mut walk, usize::try_from(sample)?),
        (None, None) => DriftScope::Whole,
    };
    let summary = views.drift(&names, scope, settings.repair, &mut |news| told.news(&news)).await;
    if let (Some(copy), Ok(summary)) = (settings.copy, &summary)
        && summary.events == 0
        && summary.is_clean()
    {
        bail!("no copy has the id {copy}; copies are listed by GET /api/copies");
    }
    told.end(summary.as_ref().ok(), began.elapsed(), settings.repair)?;
    Ok(summary?)
}

/// A bar on a terminal's stderr, where the length of the way is known.
async fn bar(views: &Views, settings: &DriftSettings) -> anyhow::Result<ProgressBar> {
    if settings.sample.is_some() || settings.copy.is_some() {
        return Ok(ProgressBar::hidden());
    }
    let bar = ProgressBar::new(u64::try_from(views.head().await?).unwrap_or(0));
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} events, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    Ok(bar)
}
