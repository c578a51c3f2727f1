//! All views held to all events, beside the rebuild of the same: both fold everything; the check reads the rows as well.

use std::time::Instant;

use fixtures::database::TestCluster;
use projections::{DriftScope, RebuildLimits, Views};

use crate::marked::{COPIES, every_view, fill};
use crate::process::{forget_peak, peak_memory_mb};
use crate::report::{Figure, Report};

#[tokio::main]
pub(crate) async fn run(report: &mut Report) {
    let every = every_view();
    let cluster = TestCluster::own().await;
    let mut peaks = Vec::new();
    for copies in COPIES {
        let database = cluster.database().await;
        fill(&database, copies).await;
        let views = Views::new(database.pool().clone());
        let began = Instant::now();
        let proofs = views.rebuild(&every, RebuildLimits::default(), &mut |_| {}).await.unwrap();
        let rebuilt = proofs[0].events as f64 / began.elapsed().as_secs_f64();
        forget_peak();
        let began = Instant::now();
        let looked = views.drift(&every, DriftScope::Whole, false, &mut |_| {}).await.unwrap();
        let checked = looked.events as f64 / began.elapsed().as_secs_f64();
        assert!(looked.views.iter().all(|view| view.rows == 0), "nothing differs");
        peaks.push(peak_memory_mb());
        report.figure(Figure {
            case: format!("all views held to {} events", looked.events),
            unit: "events/s",
            ours: checked,
            beside: Some(("rebuild", rebuilt)),
            target: None,
        });
    }
    report.figure(Figure {
        // The allocator keeps what the rebuild has left, which stands in this.
        case: "memory at 4 times the events, after a rebuild".to_owned(),
        unit: "MB",
        ours: peaks[1],
        beside: Some(("a quarter", peaks[0])),
        target: None,
    });
}
