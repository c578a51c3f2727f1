//! From the acknowledgement of an append to the moment when each view shows it, at a steady rate of commands.
//!
//! `cargo bench -p gradeledger --bench visible`. Commands come by the clock, whether or not the ones before are answered, so
//! that a stall counts for everyone who would have met it. Ratios travel, absolute numbers do not: beside the times
//! stands what one insert and its commit take on the same server.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a bench that cannot set up its world should fail there"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{ActorId, CopyId, LockId};
use fixtures::database::ClusterFolder;
use futures::future::join_all;
use gradeledger::ledger::{Ledger, LedgerLimits};
use gradeledger::limits::DatabaseLimits;
use migrations::{
    PrivateOptions, PrivatePostgres, SchemaName, SessionLimits, Source, connect_options, migrate_ledger,
};
use projections::{ProjectorLimits, Projectors, ViewName, Views, views};
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep_until};

#[path = "visible/marking.rs"]
mod marking;

/// Commands a second.
const RATE: u32 = 500;
/// Copies in hand: as many graders as a national session has at once, some ten times a large school's.
const COPIES: usize = 300;
/// How long commands come before they count.
const WARM_UP: Duration = Duration::from_secs(3);
/// How long they come and count.
const MEASURED: Duration = Duration::from_secs(20);
/// How often the checkpoints are looked at.
const LOOK: Duration = Duration::from_millis(1);
/// The longest that a view may take at all.
const PATIENCE: Duration = Duration::from_secs(10);
/// What p99 of every view is to stay under.
const TARGET: Duration = Duration::from_millis(50);
/// Single inserts that are timed.
const INSERTS: usize = 500;

/// A copy in someone's hands.
#[derive(Clone, Copy)]
struct Hand {
    copy: CopyId,
    actor: ActorId,
    lock: LockId,
}

/// One command: when it was due, when it was answered, and where it stands.
struct Answered {
    due: Instant,
    at: Instant,
    position: i64,
    /// Which view a reader waited for, and how long after the answer it had it.
    read: (ViewName, Duration),
}

/// When each view came to which position.
type Seen = BTreeMap<ViewKey, Vec<(i64, Instant)>>;
type ViewKey = &'static str;

#[tokio::main]
async fn main() {
    let folder = ClusterFolder::own().await;
    let (options, private) = durable(&folder).await;
    let insert = single_inserts(&options).await;
    let pool = connections(&options, DatabaseLimits::default().ledger_connections);
    let ledger = Ledger::open(pool.clone(), LedgerLimits::default()).await.unwrap();
    let views = Views::new(pool);
    let projectors = Projectors::start(&views, ProjectorLimits::default());
    let hands = join_all((0..COPIES).map(|_| marking::take_in_hand(&ledger))).await;
    let head = views.head().await.unwrap();
    join_all(views::ALL.map(|(view, _)| views.wait_for(view, head, PATIENCE))).await;

    let start = Instant::now() + Duration::from_millis(100);
    let (commands, seen) =
        tokio::join!(commands(&ledger, &views, &hands, start), watch(&options, start + WARM_UP + MEASURED));
    let counted: Vec<&Answered> = commands.iter().filter(|command| command.due >= start + WARM_UP).collect();
    projectors.stop().await;
    private.stop().await.unwrap();
    report(&counted, &seen, insert);
}

/// A ledger on a Postgres of its own that flushes every commit.
async fn durable(folder: &ClusterFolder) -> (PgConnectOptions, PrivatePostgres) {
    let options = PrivateOptions { data_folder: Some(folder.path().to_owned()), ..PrivateOptions::default() };
    let databases = Source::Private(options).open().await.unwrap();
    let schema = SchemaName::ledger();
    migrate_ledger(&databases.ledger, &schema).await.unwrap();
    let options = connect_options(databases.ledger, &schema, SessionLimits::default());
    (options, databases.private.unwrap())
}

fn connections(options: &PgConnectOptions, count: u32) -> PgPool {
    PgPoolOptions::new().max_connections(count).connect_lazy_with(options.clone())
}

/// Sends commands by the clock, and after each answer has a reader wait for it in one view.
async fn commands(ledger: &Ledger, views: &Views, hands: &[Hand], start: Instant) -> Vec<Answered> {
    let all = (WARM_UP + MEASURED).as_secs() as usize * RATE as usize;
    let mut sent = JoinSet::new();
    for nth in 0..all {
        let due = start + Duration::from_secs(1) * u32::try_from(nth).unwrap() / RATE;
        sleep_until(due).await;
        let (ledger, views, hand) = (ledger.clone(), views.clone(), hands[nth % hands.len()]);
        sent.spawn(async move {
            let position = marking::mark(&ledger, hand, nth / COPIES).await;
            let at = Instant::now();
            let (view, _) = views::ALL[nth % views::ALL.len()];
            views.wait_for(view, position, PATIENCE).await.unwrap();
            Answered { due, at, position, read: (view, at.elapsed()) }
        });
    }
    sent.join_all().await
}

/// Looks at the checkpoints until every view has what stood in the ledger at `until`.
async fn watch(options: &PgConnectOptions, until: Instant) -> Seen {
    let pool = connections(options, 1);
    let (mut seen, mut last) = (Seen::new(), BTreeMap::<ViewKey, i64>::new());
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let standing: Vec<(String, i32, i64)> =
            sqlx::query_as("SELECT name, version, position FROM projections").fetch_all(&pool).await.unwrap();
        let now = Instant::now();
        for (view, _) in views::ALL {
            let row = standing.iter().find(|row| row.0 == view.name && row.1 == view.version);
            let position = row.map_or(0, |row| row.2);
            if last.insert(view.name, position) != Some(position) {
                seen.entry(view.name).or_default().push((position, now));
            }
        }
        if now > until {
            let head: i64 =
                sqlx::query_scalar("SELECT max(position) FROM events").fetch_one(&pool).await.unwrap();
            if last.values().all(|position| *position >= head) {
                return seen;
            }
        }
        assert!(now < until + PATIENCE, "the views do not catch up");
    }
}

/// How long one insert into a table like `events` takes, its commit included.
async fn single_inserts(options: &PgConnectOptions) -> Vec<Duration> {
    let pool = connections(options, 1);
    for table in [
        "CREATE TABLE raw (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
        "CREATE SEQUENCE raw_positions",
        "ALTER TABLE raw ADD PRIMARY KEY (position)",
    ] {
        sqlx::query(table).execute(&pool).await.unwrap();
    }
    let mut took = Vec::with_capacity(INSERTS);
    for _ in 0..INSERTS {
        let began = Instant::now();
        sqlx::query(include_str!("raw_insert.sql")).execute(&pool).await.unwrap();
        took.push(began.elapsed());
    }
    took
}

fn report(counted: &[&Answered], seen: &Seen, insert: Vec<Duration>) {
    let insert = Spread::of(insert);
    println!(
        "{RATE} commands/s for {} s over {COPIES} copies of {} pages; {}",
        MEASURED.as_secs(),
        marking::PAGES,
        machine()
    );
    println!(
        "{:<28}{:>9}{:>9}{:>9}{:>9}{:>22}",
        "milliseconds", "p50", "p95", "p99", "max", "p99 / commit p50"
    );
    let mut rows = BTreeMap::new();
    let mut line = |name: String, spread: Spread| {
        println!("{name:<28}{spread}{:>22.1}", spread.p99 / insert.p50);
        rows.insert(name, spread.json());
    };
    line("insert and commit".to_owned(), insert);
    line("due to answered".to_owned(), Spread::of(counted.iter().map(|it| it.at - it.due).collect()));
    let mut worst = 0.0_f64;
    for (view, steps) in seen {
        let spread = Spread::of(counted.iter().map(|it| visible(steps, it)).collect());
        worst = worst.max(spread.p99);
        line(format!("answered to {view}"), spread);
        let read: Vec<Duration> =
            counted.iter().filter(|it| it.read.0.name == *view).map(|it| it.read.1).collect();
        line("  its readers waited".to_owned() + " " + view, Spread::of(read));
    }
    let verdict = if worst < TARGET.as_secs_f64() * 1e3 { "under" } else { "NOT under" };
    println!("p99 of the slowest view: {worst:.1} ms, {verdict} {} ms", TARGET.as_millis());
    save(&json!({"rate": RATE, "copies": COPIES, "machine": machine(), "milliseconds": rows}));
}

/// How long after its answer a view showed a command; 0 where it was there first.
fn visible(steps: &[(i64, Instant)], command: &Answered) -> Duration {
    let first = steps.partition_point(|(position, _)| *position < command.position);
    steps[first].1.saturating_duration_since(command.at)
}

fn save(figures: &Value) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/visible.json");
    std::fs::write(&folder, format!("{figures:#}\n")).unwrap();
    println!("saved as {}", folder.display());
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} cores, {}", model.map_or("unknown", |(_, model)| model))
}

/// Times in milliseconds, as they are spread.
#[derive(Clone, Copy)]
struct Spread {
    p50: f64,
    p95: f64,
    p99: f64,
    max: f64,
}

impl Spread {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |share: f64| {
            let nth = ((times.len() as f64 * share).ceil() as usize).clamp(1, times.len()) - 1;
            times[nth].as_secs_f64() * 1e3
        };
        Self { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1.0) }
    }

    fn json(self) -> Value {
        json!({"p50": self.p50, "p95": self.p95, "p99": self.p99, "max": self.max})
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:9.2}{:9.2}{:9.2}{:9.2}", self.p50, self.p95, self.p99, self.max)
    }
}
