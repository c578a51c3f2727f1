//! Projectors that are far behind, until each is at the head: event by event into the live views, as after an hour of a
//! database that was away. Beside it the rebuild of the same events, which nobody reads meanwhile.

use std::time::{Duration, Instant};

use fixtures::database::TestCluster;
use projections::{ProjectorLimits, Projectors, RebuildLimits, Views};

use crate::marked::{COPIES, every_view, fill};
use crate::process::{forget_peak, peak_memory_mb};
use crate::rebuild;
use crate::report::{Figure, Report};

/// The longest that a view may take.
const PATIENCE: Duration = Duration::from_secs(280);

#[tokio::main]
pub(crate) async fn run(report: &mut Report) {
    let every = every_view();
    let cluster = TestCluster::own().await;
    let mut peaks = Vec::new();
    for copies in COPIES {
        let database = cluster.database().await;
        fill(&database, copies).await;
        let views = Views::new(database.pool().clone());
        let head = views.head().await.unwrap();
        forget_peak();
        let began = Instant::now();
        let projectors = Projectors::start(&views, event_by_event());
        for view in &every {
            views.wait_for(*view, head, PATIENCE).await.unwrap();
            println!("{view} is at {head} after {:.1} s", began.elapsed().as_secs_f64());
        }
        let caught_up = head as f64 / began.elapsed().as_secs_f64();
        peaks.push(peak_memory_mb());
        projectors.stop().await;
        let copied = head as f64 / rebuild::copy(&database).await.as_secs_f64();
        let began = Instant::now();
        views.rebuild(&every, RebuildLimits::default(), &mut |_| {}).await.unwrap();
        let rebuilt = head as f64 / began.elapsed().as_secs_f64();
        for (who, other) in [("rebuild", rebuilt), ("COPY events", copied)] {
            report.figure(Figure {
                case: format!("all views from {head} events behind"),
                unit: "events/s",
                ours: caught_up,
                beside: Some((who, other)),
                target: None,
            });
        }
    }
    report.figure(Figure {
        // Copies are held up to 64 MiB (`HELD_BYTES`), which these do not come to.
        case: "memory at 4 times the events".to_owned(),
        unit: "MB",
        ours: peaks[1],
        beside: Some(("a quarter", peaks[0])),
        target: None,
    });
}

/// A service would rebuild a view that was never folded, however far it is behind.
fn event_by_event() -> ProjectorLimits {
    let rebuild = RebuildLimits { worth_events: u32::MAX, ..RebuildLimits::default() };
    ProjectorLimits { rebuild, ..ProjectorLimits::default() }
}
