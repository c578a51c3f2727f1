//! How fast all views are rebuilt, beside how fast Postgres gives the same events away:
//! `cargo run --release -p projections --example rebuild_speed -- EVENTS`

use std::time::Instant;

use fixtures::database::TestCluster;
use futures::TryStreamExt;
use projections::{RebuildLimits, RebuildNews, Views};

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let copies: i64 = std::env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse::<i64>())? / 100;
    let rounds: usize = std::env::args().nth(2).map_or(Ok(1), |text| text.parse())?;
    let cluster = TestCluster::own().await;
    let database = cluster.database().await;
    let views = Views::new(database.pool().clone());
    let mut connection = database.pool().acquire().await?;
    sqlx::query("SET statement_timeout = 0").execute(&mut *connection).await?;
    sqlx::query(include_str!("rebuild_speed.sql")).bind(copies).execute(&mut *connection).await?;
    sqlx::query("VACUUM ANALYZE events").execute(&mut *connection).await?;
    drop(connection);
    let events = views.head().await?;
    for _ in 0..rounds {
        let begun = Instant::now();
        let mut connection = database.pool().acquire().await?;
        let copied = connection.copy_out_raw("COPY events TO STDOUT").await?;
        let bytes: usize = copied
            .map_ok(|bytes| bytes.len())
            .try_fold(0, |sum, bytes| async move { Ok(sum + bytes) })
            .await?;
        let copied = begun.elapsed();
        drop(connection);
        println!(
            "COPY events TO  {} ms, {} MB: {} events/s",
            copied.as_millis(),
            bytes >> 20,
            events as u128 * 1000 / copied.as_millis()
        );
        let begun = Instant::now();
        let cpu = cpu_ms("self");
        let backend: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(database.pool()).await?;
        let postmaster = parent(backend);
        let pg = children_ms(postmaster);
        let mut phase = None;
        let every: Vec<_> = projections::views::ALL.map(|(view, _)| view).to_vec();
        views
            .rebuild(&every, RebuildLimits::default(), &mut |news| match news {
                RebuildNews::Progress { phase: now, .. } if phase != Some(now) => {
                    println!("  {:>6} ms {}", begun.elapsed().as_millis(), now.as_str());
                    phase = Some(now);
                }
                RebuildNews::Swapped(proof) => {
                    println!("  {:>6} ms {} held {:?}", begun.elapsed().as_millis(), proof.view, proof.held)
                }
                _ => {}
            })
            .await?;
        let took = begun.elapsed();
        println!("  {} ms of Postgres's CPU in ended sessions", children_ms(postmaster) - pg);
        println!(
            "rebuild         {} ms: {} events/s, {:.2} of COPY; {} ms of this process's CPU, {} MB at most",
            took.as_millis(),
            events as u128 * 1000 / took.as_millis(),
            copied.as_secs_f64() / took.as_secs_f64(),
            cpu_ms("self") - cpu,
            peak_mb()
        );
    }
    Ok(())
}

fn stat(pid: &str) -> Vec<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().unwrap_or("").split(' ').map(|field| field.parse().unwrap_or(0)).collect()
}

fn cpu_ms(pid: &str) -> u64 {
    stat(pid)[11..13].iter().sum::<u64>() * 10
}

fn parent(pid: i32) -> u64 {
    stat(&pid.to_string())[1]
}

fn children_ms(pid: u64) -> u64 {
    stat(&pid.to_string())[13..15].iter().sum::<u64>() * 10
}

fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("");
    line.split_whitespace().next().and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1024
}
