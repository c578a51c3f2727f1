//! How fast views catch up: appends a ledger of graded copies, folds it, and prints events a second, by view and all at
//! once. `cargo run --release -p projections --example catch_up_speed -- EVENTS`

use std::time::{Duration, Instant};

use fixtures::database::TestDatabase;
use projections::annotations::Annotations;
use projections::audit_trail::AuditTrail;
use projections::copies::Copies;
use projections::copy_locks::CopyLocks;
use projections::exams::Exams;
use projections::parked::Parked;
use projections::work_queue::WorkQueue;
use projections::{Projector, ProjectorLimits, Projectors, Views};

/// The longest that one view may take.
const PATIENCE: Duration = Duration::from_secs(1_800);

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let events: i64 = std::env::args().nth(1).map_or(Ok(100_000), |text| text.parse())?;
    let database = TestDatabase::new().await;
    let views = Views::new(database.pool().clone());
    // A copy's life has 100 events: 94 annotations between the lock and the finalisation.
    sqlx::query(include_str!("catch_up_speed.sql")).bind(events / 100).execute(database.pool()).await?;
    let events = views.head().await?;
    sqlx::query("ANALYZE events").execute(database.pool()).await?;
    one::<Copies>(&views, events).await?;
    one::<CopyLocks>(&views, events).await?;
    one::<Annotations>(&views, events).await?;
    one::<AuditTrail>(&views, events).await?;
    one::<WorkQueue>(&views, events).await?;
    one::<Exams>(&views, events).await?;
    one::<Parked>(&views, events).await?;
    for (view, _) in projections::views::ALL {
        views.rebuild(view.name).await?;
    }
    let (begun, projectors) = (Instant::now(), Projectors::start(&views, ProjectorLimits::default()));
    for (view, _) in projections::views::ALL {
        views.wait_for(view, events, PATIENCE).await?;
    }
    say("all at once", events, begun.elapsed());
    projectors.stop().await;
    Ok(())
}

async fn one<P: Projector>(views: &Views, events: i64) -> Result<(), Failure> {
    let (begun, mut projectors) = (Instant::now(), Projectors::none(views, ProjectorLimits::default()));
    projectors.run::<P>();
    views.wait_for(P::VIEW, events, PATIENCE).await?;
    say(P::VIEW.name, events, begun.elapsed());
    projectors.stop().await;
    Ok(())
}

fn say(what: &str, events: i64, took: Duration) {
    let rate = u128::try_from(events).unwrap_or(0) * 1_000 / took.as_millis().max(1);
    println!("{what:<16} {events} events in {:>6} ms: {rate} events/s", took.as_millis());
}
