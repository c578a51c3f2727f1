//! How soon `serve` is ready over a migrated database, and whether that depends on what the ledger holds.

use std::fs;
use std::process::Command;
use std::time::Duration;

use fixtures::database::{TestCluster, TestDatabase};
use projections::{RebuildLimits, Views};
use tempfile::TempDir;

use crate::marked::{A_COPY, A_YEAR, every_view, fill};
use crate::report::{Figure, Report, Target};
use crate::served::{PROGRAM, Served};
use crate::spread::Spread;

/// How often it is started.
const STARTS: usize = 10;
/// The longest that a start may take.
const READY_MS: f64 = 1_000.0;

#[tokio::main]
pub(crate) async fn run(report: &mut Report) {
    let cluster = TestCluster::durable().await;
    let (database, folder) = (cluster.database().await, TempDir::new().unwrap());
    let empty = starts(&database, &folder).await;
    fill_and_fold(&database).await;
    let full = starts(&database, &folder).await;
    println!("{:<28}{}", "milliseconds", Spread::HEADING);
    println!("{:<28}{empty}", "over an empty ledger");
    println!("{:<28}{full}", format!("over {A_YEAR} events"));
    let mut line = |case: &str, ours, beside, target| {
        report.figure(Figure { case: case.to_owned(), unit: "ms", ours, beside, target: Some(target) });
    };
    line("ready, at worst, over an empty ledger", empty.max, None, Target::AtMost(READY_MS));
    line("ready, at worst, over 1,000,000 events", full.max, None, Target::AtMost(READY_MS));
    line(
        "ready, over 1,000,000 events",
        full.p50,
        Some(("empty ledger", empty.p50)),
        Target::RatioAtMost(1.3),
    );
    size(report, &folder);
}

async fn starts(database: &TestDatabase, folder: &TempDir) -> Spread {
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..STARTS {
        times.push(Served::start(database, folder.path()).await.ready_after);
    }
    Spread::of(times)
}

/// Events, and the views that a ledger has of them.
async fn fill_and_fold(database: &TestDatabase) {
    fill(database, A_YEAR / A_COPY).await;
    let views = Views::new(database.pool().clone());
    views.rebuild(&every_view(), RebuildLimits::default(), &mut |_| {}).await.unwrap();
}

/// Of the program, as it is built and without its symbols.
fn size(report: &mut Report, folder: &TempDir) {
    let megabytes = |file: &std::path::Path| fs::metadata(file).unwrap().len() as f64 / 1e6;
    let mut line = |case: &str, ours| {
        report.figure(Figure { case: case.to_owned(), unit: "MB", ours, beside: None, target: None });
    };
    line("the program", megabytes(PROGRAM.as_ref()));
    let stripped = folder.path().join("stripped");
    match Command::new("strip").arg("-o").arg(&stripped).arg(PROGRAM).status() {
        Ok(status) if status.success() => line("the program, stripped", megabytes(&stripped)),
        _ => report.skip("the program, stripped", "strip of binutils is not here"),
    }
}
