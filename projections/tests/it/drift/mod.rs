//! Rows that are not what the events come to are found, named and written anew; others are not touched.

mod columns;
mod looks;
mod repair;
mod under_way;

use projections::{DriftNews, DriftScope, DriftSummary, Finding, StreamId, ViewName, views};

use crate::ledger::TestLedger;
use crate::life::Office;
use crate::parked::acts_about_nothing;

/// A look, with everything that it told.
pub(crate) struct Looked {
    pub(crate) findings: Vec<Finding>,
    repaired: Vec<(ViewName, Vec<StreamId>)>,
    pub(crate) summary: DriftSummary,
}

impl Looked {
    /// The streams that differ, each once.
    pub(crate) fn streams(&self) -> Vec<StreamId> {
        let mut streams: Vec<StreamId> = self.findings.iter().filter_map(|finding| finding.stream).collect();
        streams.sort_unstable();
        streams.dedup();
        streams
    }
}

pub(crate) fn all_views() -> Vec<ViewName> {
    views::ALL.map(|(view, _)| view).to_vec()
}

pub(crate) async fn look(
    ledger: &TestLedger,
    views: &[ViewName],
    scope: DriftScope<'_>,
    repair: bool,
) -> Looked {
    let (mut findings, mut repaired) = (vec![], vec![]);
    let mut tell = |news: DriftNews<'_>| match news {
        DriftNews::Looked { .. } => {}
        DriftNews::Found(finding) => findings.push(finding.clone()),
        DriftNews::Repaired { view, streams } => repaired.push((view, streams.to_vec())),
    };
    let summary = ledger.views.drift(views, scope, repair, &mut tell).await.unwrap();
    Looked { findings, repaired, summary }
}

pub(crate) async fn look_at_all(ledger: &TestLedger) -> Looked {
    look(ledger, &all_views(), DriftScope::Whole, false).await
}

/// A ledger with every kind of row, folded.
async fn folded(seed: u64) -> (TestLedger, Office) {
    let ledger = TestLedger::new().await;
    let mut office = Office::new(8, seed);
    office.open(&ledger).await;
    office.work(&ledger, 240).await;
    ledger.acts(&acts_about_nothing()).await;
    ledger.fold_all().await;
    // Locks and work come and go; a table without rows could not be wrong.
    while ledger.dump("work_queue_v1").await.is_empty() || ledger.dump("copy_locks_v1").await.is_empty() {
        office.work(&ledger, 5).await;
        ledger.fold_all().await;
    }
    (ledger, office)
}

pub(crate) async fn run(ledger: &TestLedger, sql: &str) {
    sqlx::query(sql).execute(ledger.pool()).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Folds every view from position 1 into empty tables.
async fn fold_anew(ledger: &TestLedger) {
    for table in views::ALL.into_iter().flat_map(|(_, tables)| tables) {
        run(ledger, &format!("TRUNCATE {}", table.name)).await;
    }
    run(ledger, "DELETE FROM projections").await;
    ledger.fold_all().await;
}
