//! From the acknowledgement of an append to the moment when each view shows it, at a steady rate of commands.
//!
//! Commands come by the clock, whether or not the ones before are answered, so that a stall counts for everyone who would have
//! met it. Beside the times stands what one insert and its commit take on the same server.

use std::collections::BTreeMap;
use std::time::Duration;

use fixtures::database::ClusterFolder;
use futures::future::join_all;
use gradeledger::ledger::{Ledger, LedgerLimits};
use gradeledger::limits::DatabaseLimits;
use migrations::{
    PrivateOptions, PrivatePostgres, SchemaName, SessionLimits, Source, connect_options, migrate_ledger,
};
use projections::{ProjectorLimits, Projectors, ViewName, Views, views};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep_until};

use crate::marking::{self, Shape};
use crate::report::{Figure, Report, Target};
use crate::spread::Spread;

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
pub(crate) async fn run(report: &mut Report) {
    let folder = ClusterFolder::own().await;
    let (options, private) = durable(&folder).await;
    let insert = single_inserts(&options).await;
    let pool = connections(&options, DatabaseLimits::default().ledger_connections);
    let ledger = Ledger::open(pool.clone(), LedgerLimits::default()).await.unwrap();
    let views = Views::new(pool);
    let projectors = Projectors::start(&views, ProjectorLimits::default());
    let hands = join_all((0..COPIES).map(|_| marking::take_in_hand(&ledger, Shape::USUAL))).await;
    let head = views.head().await.unwrap();
    join_all(views::ALL.map(|(view, _)| views.wait_for(view, head, PATIENCE))).await;

    let start = Instant::now() + Duration::from_millis(100);
    let (commands, seen) =
        tokio::join!(commands(&ledger, &views, &hands, start), watch(&options, start + WARM_UP + MEASURED));
    let counted: Vec<&Answered> = commands.iter().filter(|command| command.due >= start + WARM_UP).collect();
    projectors.stop().await;
    private.stop().await.unwrap();
    tell(report, &counted, &seen, insert);
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
async fn commands(ledger: &Ledger, views: &Views, hands: &[marking::Hand], start: Instant) -> Vec<Answered> {
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

fn tell(report: &mut Report, counted: &[&Answered], seen: &Seen, insert: Vec<Duration>) {
    let insert = Spread::of(insert);
    println!(
        "{RATE} commands/s for {} s over {COPIES} copies of {} pages",
        MEASURED.as_secs(),
        Shape::USUAL.pages
    );
    println!("{:<28}{}", "milliseconds", Spread::HEADING);
    let mut line = |name: String, spread: Spread, target: Option<Target>| {
        println!("{name:<28}{spread}");
        report.figure(Figure {
            case: format!("p99 from {name}"),
            unit: "ms",
            ours: spread.p99,
            beside: Some(("insert, p50", insert.p50)),
            target,
        });
    };
    line("due to answered".to_owned(), Spread::of(counted.iter().map(|it| it.at - it.due).collect()), None);
    for (view, steps) in seen {
        let spread = Spread::of(counted.iter().map(|it| visible(steps, it)).collect());
        let target = Target::AtMost(TARGET.as_secs_f64() * 1e3);
        line(format!("answered to {view}"), spread, Some(target));
        let read = counted.iter().filter(|it| it.read.0.name == *view).map(|it| it.read.1);
        line(format!("answered to a reader of {view}"), Spread::of(read.collect()), None);
    }
}

/// How long after its answer a view showed a command; 0 where it was there first.
fn visible(steps: &[(i64, Instant)], command: &Answered) -> Duration {
    let first = steps.partition_point(|(position, _)| *position < command.position);
    steps[first].1.saturating_duration_since(command.at)
}
