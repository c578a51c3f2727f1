//! Commands a second through the whole append path, beside pgbench on the same server in the same run.
//!
//! `cargo bench -p gradeledger --bench append`; needs `pgbench` on the PATH or in `PG_BIN_DIR`. Ratios travel, absolute
//! numbers do not.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a bench that cannot set up its world should fail there"
)]

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use domain::copy::command::Marking;
use domain::copy::{CopyAction, CopyCommand, ExamCopy, Page, ShownLock};
use domain::{ActorId, AnonymousId, CopyId, Digest, ExamId, LockId, Points, Question, Role, Timestamp};
use fixtures::database::TestCluster;
use gradeledger::ledger::{AppendSeen, By, Ledger, LedgerLimits, Order};
use serde_json::Value;
use tokio::sync::Barrier;
use uuid::Uuid;

const SECONDS: u64 = 4;

#[tokio::main]
async fn main() {
    let cluster = TestCluster::own().await;
    let database = cluster.database().await;
    let ledger = Ledger::open(database.pool().clone(), LedgerLimits::default()).await.unwrap();
    for table in [
        "CREATE TABLE raw (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
        "CREATE SEQUENCE raw_positions",
        "ALTER TABLE raw ADD PRIMARY KEY (position)",
        "ALTER TABLE raw ADD UNIQUE (aggregate_type, aggregate_id, sequence)",
    ] {
        sqlx::query(table).execute(database.pool()).await.unwrap();
    }
    let mut of_pgbench = 0.0;
    for clients in [8, 32] {
        of_pgbench = pgbench(database.url(), clients);
        println!("pgbench, single-row inserts, {clients:2} clients: {of_pgbench:8.0} transactions/s");
    }
    let seen = Arc::new([const { AtomicU64::new(0) }; 3]);
    let watcher = Arc::clone(&seen);
    ledger.watch(move |seen| {
        let AppendSeen::Batch(batch) = seen else { return };
        let micros = u64::try_from(batch.duration.as_micros()).unwrap();
        for (sum, more) in watcher.iter().zip([1, batch.commands as u64, micros]) {
            sum.fetch_add(more, Ordering::Relaxed);
        }
    });
    for tasks in [1, 8, 32, 64, 256] {
        seen.iter().for_each(|sum| sum.store(0, Ordering::Relaxed));
        let rate = commands(&ledger, tasks).await;
        println!(
            "execute, {tasks:3} tasks: {rate:8.0} commands/s, {:.2} of pgbench at 32",
            rate / of_pgbench
        );
        let [batches, commands, micros] = [0, 1, 2].map(|sum| seen[sum].load(Ordering::Relaxed) as f64);
        println!(
            "    {:.1} commands a batch, {:.2} ms a batch",
            commands / batches,
            micros / batches / 1_000.0
        );
    }
    let again = pgbench(database.url(), 32);
    println!("pgbench again, 32 clients: {again:8.0} transactions/s");
}

/// Each task marks a copy of its own, as fast as it is answered.
async fn commands(ledger: &Ledger, tasks: usize) -> f64 {
    let stop = Arc::new(AtomicBool::new(false));
    let start = Arc::new(Barrier::new(tasks + 1));
    let mut running = Vec::new();
    for _ in 0..tasks {
        let (copy, shown, actor) = locked(ledger).await;
        let (ledger, stop, start) = (ledger.clone(), Arc::clone(&stop), Arc::clone(&start));
        running.push(tokio::spawn(async move {
            let mut done = 0_u64;
            start.wait().await;
            while !stop.load(Ordering::Relaxed) {
                let points = Points(i64::try_from(done % 1_000).unwrap() + 1);
                let act = Marking::ScoreQuestion { question: "1".parse().unwrap(), points: Some(points) };
                execute(&ledger, actor, copy, CopyAction::Mark { shown, act }).await;
                done += 1;
            }
            done
        }));
    }
    start.wait().await;
    let began = Instant::now();
    tokio::time::sleep(Duration::from_secs(SECONDS)).await;
    stop.store(true, Ordering::Relaxed);
    let mut done = 0;
    for task in running {
        done += task.await.unwrap();
    }
    done as f64 / began.elapsed().as_secs_f64()
}

async fn locked(ledger: &Ledger) -> (CopyId, ShownLock, ActorId) {
    let (exam, anonymous_id) = (ExamId(Uuid::now_v7()), "A-1".parse::<AnonymousId>().unwrap());
    let (copy, actor, lock) =
        (CopyId::of(exam, &anonymous_id), ActorId(Uuid::now_v7()), LockId(Uuid::now_v7()));
    let source = Digest::of(b"scan");
    let page = Page { sha256: Digest::of(b"page"), width: 1_190, height: 1_684 };
    let question = Question { id: "1".parse().unwrap(), maximum: Points(100_000) };
    let actions = [
        CopyAction::RequestImport { exam, anonymous_id, source, source_bytes: 1, filename: None },
        CopyAction::RecordImport {
            attempt: 1,
            pages: vec![page],
            renderer: "bench".to_owned(),
            warnings: Vec::new(),
            duration_ms: 1,
        },
        CopyAction::Validate { scheme_version: 1, questions: vec![question] },
        CopyAction::AcquireLock { lock, ttl_seconds: 3_600 },
    ];
    for action in actions {
        execute(ledger, actor, copy, action).await;
    }
    (copy, ShownLock::Of(lock), actor)
}

async fn execute(ledger: &Ledger, actor: ActorId, copy: CopyId, action: CopyAction) {
    let order = Order::<ExamCopy> {
        by: By {
            actor,
            role: Role::Grader,
            request_id: "bench".to_owned(),
            causation_id: None,
            traceparent: None,
        },
        idempotency: None,
        vault: Vec::new(),
        command: &|at: Timestamp| CopyCommand { actor, at, action: action.clone() },
        answer: &|_| Value::Null,
    };
    ledger.execute(copy.0, order).await.unwrap();
}

/// Transactions a second of raw inserts of a like row into a like table.
fn pgbench(url: &str, clients: u32) -> f64 {
    let script = std::env::temp_dir().join(format!("gradeledger-append-{}.sql", std::process::id()));
    std::fs::write(&script, include_str!("raw_insert.sql")).unwrap();
    let program = std::env::var_os("PG_BIN_DIR")
        .map_or_else(|| PathBuf::from("pgbench"), |bin| PathBuf::from(bin).join("pgbench"));
    let output = Command::new(program)
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
        .arg(format!("--client={clients}"))
        .arg(format!("--time={SECONDS}"))
        .arg("--file")
        .arg(&script)
        .arg(url)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let tps = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    tps.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}
