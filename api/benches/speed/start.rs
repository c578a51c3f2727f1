//! How soon `serve` is ready over a migrated database, and whether that depends on what the ledger holds.

use std::fs;
use std::process::Command;
use std::time::Duration;

use fixtures::database::{TestCluster, TestDatabase};
use projections::{RebuildLimits, ViewName, Views, views};
use tempfile::TempDir;

use crate::report::{Figure, Report, Target};
use crate::served::{PROGRAM, Served};
use crate::spread::Spread;

/// How often it is started.
const STARTS: usize = 10;
/// A year of a large school, and what a copy has of it in `rebuild.sql`.
const EVENTS: i64 = 1_000_000;
const A_COPY: i64 = 100;
/// The longest that a start may take.
const READY_MS: f64 = 1_000.0;

#[tokio::main]
pub(crate) async fn run(report: &mut Report) {
    let cluster = TestCluster::durable().await;
    let (database, folder) = (cluster.database().await, TempDir::new().unwrap());
    let empty = starts(&database, &folder).await;
    fill(&database).await;
    let full = starts(&database, &folder).await;
    println!("{:<28}{}", "milliseconds", Spread::HEADING);
    println!("{:<28}{empty}", "over an empty ledger");
    println!("{:<28}{full}", format!("over {EVENTS} events"));
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
async fn fill(database: &TestDatabase) {
    let mut connection = database.pool().acquire().await.unwrap();
    sqlx::query("SET statement_timeout = 0").execute(&mut *connection).await.unwrap();
    sqlx::query(include_str!("rebuild.sql")).bind(EVENTS / A_COPY).execute(&mut *connection).await.unwrap();
    sqlx::query("VACUUM ANALYZE events").execute(&mut *connection).await.unwrap();
    let every: Vec<ViewName> = views::ALL.map(|(view, _)| view).to_vec();
    let views = Views::new(database.pool().clone());
    views.rebuild(&every, RebuildLimits::default(), &mut |_| {}).await.unwrap();
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
