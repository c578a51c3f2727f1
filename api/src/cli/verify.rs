//! `gradeledger verify`: walks the whole ledger.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::database::LedgerAlone;
use super::settings::{Hand, Place};
use super::stdout::print;
use crate::ledger::verify::{self, Verdict};

#[derive(Debug, Args)]
pub(crate) struct VerifySettings {
    #[command(flatten)]
    place: Place,
    /// How many connections walk at the same time [default: one a core]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=64))]
    workers: Option<u8>,
}

pub(crate) async fn verify(settings: VerifySettings) -> anyhow::Result<ExitCode> {
    let ledger = LedgerAlone::open(&settings.place, Hand::Reader).await?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = settings.workers.map_or(cores, usize::from);
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} events, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    let shown = bar.clone();
    let progress: verify::Progress = Arc::new(move |more, all| {
        shown.set_length(all);
        shown.inc(more);
    });
    let began = std::time::Instant::now();
    let verdict = verify::verify(&ledger.pool, workers, progress).await;
    bar.finish_and_clear();
    ledger.close().await?;
    tell(&verdict?, began.elapsed())
}

fn tell(verdict: &Verdict, took: std::time::Duration) -> anyhow::Result<ExitCode> {
    print(|out| match verdict {
        Verdict::Sound { events } => writeln!(
            out,
            "sound: {events} events; positions are dense, contents, leaves and chains hold ({:.1} s)",
            took.as_secs_f64()
        ),
        Verdict::Broken(finding) => writeln!(
            out,
            "BROKEN at position {}: {}\nEverything before that position is what was recorded. Keep the database as it is, \
             and compare the event with a backup or a replica.",
            finding.position, finding.fault
        ),
    })?;
    Ok(match verdict {
        Verdict::Sound { .. } => ExitCode::SUCCESS,
        Verdict::Broken(_) => ExitCode::FAILURE,
    })
}
