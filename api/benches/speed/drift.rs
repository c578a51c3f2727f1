//! All views held to all events, beside the rebuild of the same: both fold everything; the check reads the rows as well.

use std::time::Instant;

use fixtures::database::TestCluster;
use projections::{DriftScope, RebuildLimits, ViewName, Views, views};

use crate::process::{forget_peak, peak_memory_mb};
use crate::rebuild;
use crate::report::{Figure, Report};

/// Copies of the smaller ledger and of the larger one, of a hundred events each.
const COPIES: [i64; 2] = [500, 2_000];

#[tokio::main]
pub(crate) async fn run(report: &mut Report) {
    let every: Vec<ViewName> = views::ALL.map(|(view, _)| view).to_vec();
    let cluster = TestCluster::own().await;
    let mut peaks = Vec::new();
    for copies in COPIES {
        let database = cluster.database().await;
        rebuild::fill(&database, copies).await;
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
