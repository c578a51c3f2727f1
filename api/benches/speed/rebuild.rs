//! All views rebuilt, beside what Postgres gives the same events away at in the same run: the limit of anyone who reads them.

use std::time::{Duration, Instant};

use fixtures::database::{TestCluster, TestDatabase};
use futures::TryStreamExt as _;
use projections::{RebuildLimits, Views};

use crate::marked::{A_COPY, A_YEAR, every_view, fill};
use crate::process::{TICK_MS, cpu_ms, forget_peak, peak_memory_mb, stat};
use crate::report::{Figure, Report, Target};

/// How often both are measured.
const ROUNDS: usize = 3;

#[tokio::main]
pub(crate) async fn run(report: &mut Report) {
    let cluster = TestCluster::own().await;
    let quarter = memory_of(&cluster, A_YEAR / A_COPY / 4).await;
    let database = cluster.database().await;
    fill(&database, A_YEAR / A_COPY).await;
    let views = Views::new(database.pool().clone());
    let events = views.head().await.unwrap();
    println!(
        "{:>12}  {:>12}  {:>6}  {:>12}  {:>12}  {:>8}",
        "COPY", "rebuild", "ratio", "our CPU", "Postgres's", "memory"
    );
    println!("{:>12}  {:>12}  {:>6}  {:>12}  {:>12}  {:>8}", "events/s", "events/s", "", "ms", "ms", "MB");
    let mut measured = Vec::new();
    for _ in 0..ROUNDS {
        measured.push(round(&database, &views, events).await);
    }
    let best = |of: fn(&Round) -> f64| measured.iter().map(of).fold(0.0, f64::max);
    report.figure(Figure {
        case: format!("all views of {events} events"),
        unit: "events/s",
        ours: best(|round| round.rebuilt),
        beside: Some(("COPY events", best(|round| round.copied))),
        target: Some(Target::AtLeast(150_000.0)),
    });
    report.figure(Figure {
        case: "memory".to_owned(),
        unit: "MB",
        ours: best(|round| round.memory_mb),
        beside: Some(("a quarter of them", quarter)),
        target: Some(Target::RatioAtMost(2.0)),
    });
}

/// The most memory that the rebuild of a smaller ledger takes.
async fn memory_of(cluster: &TestCluster, copies: i64) -> f64 {
    let database = cluster.database().await;
    fill(&database, copies).await;
    forget_peak();
    let views = Views::new(database.pool().clone());
    views.rebuild(&every_view(), RebuildLimits::default(), &mut |_| {}).await.unwrap();
    peak_memory_mb()
}

/// Events a second of both, and the most memory this process had.
struct Round {
    copied: f64,
    rebuilt: f64,
    memory_mb: f64,
}

async fn round(database: &TestDatabase, views: &Views, events: i64) -> Round {
    let copied = copy(database).await;
    let every = every_view();
    forget_peak();
    let (of_us, of_postgres) = (cpu_ms(), ended_sessions_ms(database).await);
    let began = Instant::now();
    let proofs = views.rebuild(&every, RebuildLimits::default(), &mut |_| {}).await.unwrap();
    let rebuilt = began.elapsed();
    assert!(proofs.iter().all(|proof| proof.events == events));
    let (of_us, of_postgres) = (cpu_ms() - of_us, ended_sessions_ms(database).await - of_postgres);
    let rate = |took: Duration| events as f64 / took.as_secs_f64();
    let (copy, rebuild, ratio) = (rate(copied), rate(rebuilt), copied.as_secs_f64() / rebuilt.as_secs_f64());
    let memory = peak_memory_mb();
    println!("{copy:>12.0}  {rebuild:>12.0}  {ratio:>6.2}  {of_us:>12}  {of_postgres:>12}  {memory:>8.0}");
    Round { copied: copy, rebuilt: rebuild, memory_mb: memory }
}

/// Every event, read and thrown away.
pub(crate) async fn copy(database: &TestDatabase) -> Duration {
    let mut connection = database.pool().acquire().await.unwrap();
    let began = Instant::now();
    let events = connection.copy_out_raw("COPY events TO STDOUT").await.unwrap();
    events.try_for_each(|_| async { Ok(()) }).await.unwrap();
    began.elapsed()
}

/// What the sessions of Postgres that have ended took: the postmaster has their times.
async fn ended_sessions_ms(database: &TestDatabase) -> u64 {
    let backend: i32 =
        sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(database.pool()).await.unwrap();
    let postmaster = stat(&backend.to_string())[1];
    stat(&postmaster.to_string())[13..15].iter().sum::<u64>() * TICK_MS
}
