//! Commands a second through the whole append path, beside pgbench and the stock framework with the same aggregate, on the same
//! server.

mod standby;

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use cqrs_es::CqrsFramework;
use cqrs_es::persist::PersistedEventStore;
use domain::Timestamp;
use domain::copy::{CopyAction, CopyCommand, ExamCopy};
use fixtures::database::{TestCluster, TestDatabase};
use gradeledger::ledger::{AppendSeen, Ledger, LedgerLimits};
use postgres_es::PostgresEventRepository;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Postgres, Transaction};
use tokio::sync::Barrier;

use self::standby::Standby;
use crate::machine::postgres_program;
use crate::marking::{self, Hand, Shape};
use crate::report::{Figure, Report, Target};

const SECONDS: u64 = 3;

/// Tasks, and clients of pgbench, at the same time.
const CROWDS: [usize; 4] = [1, 8, 32, 64];

/// What appends happen under.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Under {
    Flushing,
    SlowFlush,
    Standby,
    Snapshot,
    NoFlush,
}

impl Under {
    const ALL: [Self; 5] = [Self::Flushing, Self::SlowFlush, Self::Standby, Self::Snapshot, Self::NoFlush];

    const fn name(self) -> &'static str {
        match self {
            Self::Flushing => "flushing",
            Self::SlowFlush => "flushing in 5 ms",
            Self::Standby => "a standby's flush",
            Self::Snapshot => "an open snapshot",
            Self::NoFlush => "not flushing",
        }
    }

    /// What is set in the database for it.
    const fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Flushing | Self::Snapshot => &[],
            // As on a slow disk: whoever leads a flush waits so many microseconds first, and takes along who came meanwhile.
            Self::SlowFlush => &["commit_delay = 5000", "commit_siblings = 0"],
            Self::Standby => &["synchronous_commit = on"],
            // pgbench has all for nothing that group commit would win.
            Self::NoFlush => &["synchronous_commit = off"],
        }
    }
}

#[tokio::main]
pub(crate) async fn run(report: &mut Report) {
    let cluster = TestCluster::durable().await;
    for under in Under::ALL {
        let standby = match under {
            Under::Standby => Some(Standby::of(cluster.postgres()).await),
            _ => None,
        };
        let database = cluster.database().await;
        for setting in under.settings() {
            let set = format!(
                "ALTER DATABASE {} SET {setting}",
                database.connect_options().get_database().unwrap()
            );
            sqlx::query(&set).execute(database.pool()).await.unwrap();
        }
        let reader = if under == Under::Snapshot { Some(snapshot(&database).await) } else { None };
        compare(report, under, &database).await;
        if let Some(reader) = reader {
            reader.rollback().await.unwrap();
        }
        if let Some(standby) = standby {
            standby.stop(database.pool()).await;
        }
    }
}

/// As a backup or a long report has one: no version of a row that was replaced since can be cleared away.
async fn snapshot(database: &TestDatabase) -> Transaction<'static, Postgres> {
    let mut reader = database.pool().begin().await.unwrap();
    for begin in [
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "SET LOCAL idle_in_transaction_session_timeout = 0",
        "SELECT count(*) FROM events",
    ] {
        sqlx::query(begin).execute(&mut *reader).await.unwrap();
    }
    reader
}

async fn compare(report: &mut Report, under: Under, database: &TestDatabase) {
    // Settings of the database are those of sessions that begin after they were set.
    let pool = PgPoolOptions::new().connect_lazy_with(database.connect_options());
    let ledger = Ledger::open(pool, LedgerLimits::default()).await.unwrap();
    for table in [
        "CREATE TABLE raw (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
        "CREATE SEQUENCE raw_positions",
        "ALTER TABLE raw ADD PRIMARY KEY (position)",
        "ALTER TABLE raw ADD UNIQUE (aggregate_type, aggregate_id, sequence)",
    ] {
        sqlx::query(table).execute(database.pool()).await.unwrap();
    }
    let stock = stock(database).await;
    let seen = Arc::new([const { AtomicU64::new(0) }; 3]);
    let watcher = Arc::clone(&seen);
    ledger.watch(move |seen| {
        let AppendSeen::Batch(batch) = seen else { return };
        let micros = u64::try_from(batch.duration.as_micros()).unwrap();
        for (sum, more) in watcher.iter().zip([1, batch.commands as u64, micros]) {
            sum.fetch_add(more, Ordering::Relaxed);
        }
    });
    for tasks in CROWDS {
        let of_pgbench = pgbench(database.url(), tasks);
        let of_stock = commands(&Side::Stock(Arc::clone(&stock)), tasks).await;
        seen.iter().for_each(|sum| sum.store(0, Ordering::Relaxed));
        let rate = commands(&Side::Ours(ledger.clone()), tasks).await;
        let [batches, commands, micros] = [0, 1, 2].map(|sum| seen[sum].load(Ordering::Relaxed) as f64);
        let mut figure = |beside, target| {
            let case = format!("{}, {tasks} at once", under.name());
            report.figure(Figure { case, unit: "commands/s", ours: rate, beside: Some(beside), target });
        };
        let flushing = under == Under::Flushing;
        let least = least_of_pgbench(tasks).filter(|_| flushing).map(Target::RatioAtLeast);
        figure(("pgbench", of_pgbench), least);
        figure(
            ("stock postgres-es", of_stock),
            (flushing && tasks == 32).then_some(Target::RatioAtLeast(5.0)),
        );
        println!(
            "  {:.1} commands a batch, {:.2} ms a batch",
            commands / batches,
            micros / batches / 1_000.0
        );
    }
}

/// What a ledger reaches beside raw inserts by as many clients, where each commit is flushed.
fn least_of_pgbench(tasks: usize) -> Option<f64> {
    match tasks {
        1 => Some(0.5),
        32 | 64 => Some(1.0),
        _ => None,
    }
}

type Stock = CqrsFramework<ExamCopy, PersistedEventStore<PostgresEventRepository, ExamCopy>>;

/// Who carries the commands out.
#[derive(Clone)]
enum Side {
    Ours(Ledger),
    Stock(Arc<Stock>),
}

/// The framework that the aggregate is written for, as it comes, over a table of its own.
async fn stock(database: &TestDatabase) -> Arc<Stock> {
    for statement in [
        "CREATE SCHEMA stock",
        "CREATE TABLE stock.events (aggregate_type text NOT NULL, aggregate_id text NOT NULL, \
             sequence bigint NOT NULL CHECK (sequence >= 0), event_type text NOT NULL, event_version text NOT NULL, \
             payload json NOT NULL, metadata json NOT NULL, PRIMARY KEY (aggregate_type, aggregate_id, sequence))",
    ] {
        sqlx::query(statement).execute(database.pool()).await.unwrap();
    }
    let options = database.connect_options().options([("search_path", "stock")]);
    let pool = PgPoolOptions::new().max_connections(64).connect_with(options).await.unwrap();
    let store = PersistedEventStore::new_event_store(PostgresEventRepository::new(pool));
    Arc::new(CqrsFramework::new(store, Vec::new(), ()))
}

/// Each task marks a copy of its own, as fast as it is answered.
async fn commands(side: &Side, tasks: usize) -> f64 {
    let stop = Arc::new(AtomicBool::new(false));
    let start = Arc::new(Barrier::new(tasks + 1));
    let mut running = Vec::new();
    for _ in 0..tasks {
        let (hand, actions) = Hand::on(Shape::LEAST);
        for action in actions {
            execute(side, hand, action).await;
        }
        let (side, stop, start) = (side.clone(), Arc::clone(&stop), Arc::clone(&start));
        running.push(tokio::spawn(async move {
            let mut done = 0_u64;
            start.wait().await;
            while !stop.load(Ordering::Relaxed) {
                execute(&side, hand, hand.marks(marking::score(0, done))).await;
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

async fn execute(side: &Side, hand: Hand, action: CopyAction) {
    match side {
        Side::Ours(ledger) => drop(marking::execute(ledger, hand, action, Vec::new()).await),
        Side::Stock(stock) => {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            let at = Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap());
            let command = CopyCommand { actor: hand.actor, at, action };
            stock.execute(&hand.copy.to_string(), command).await.unwrap();
        }
    }
}

/// Transactions a second of raw inserts of a like row into a like table.
fn pgbench(url: &str, clients: usize) -> f64 {
    let script = std::env::temp_dir().join(format!("gradeledger-append-{}.sql", std::process::id()));
    std::fs::write(&script, include_str!("raw_insert.sql")).unwrap();
    let output = Command::new(postgres_program("pgbench"))
        .args(["--no-vacuum", "--protocol=prepared", if clients == 1 { "--jobs=1" } else { "--jobs=2" }])
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
