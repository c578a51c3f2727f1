//! The views against the domain's own fold, over whole lives.

use std::collections::BTreeMap;

use domain::CopyId;
use domain::copy::state::Import;
use domain::copy::{CopyState, CopyStatus, ExamCopy};
use projections::views::PageSize;
use projections::work_queue::WorkKind;
use projections::{ProjectorLimits, Projectors, annotations, copies, copy_locks, work_queue};

use crate::ledger::{TestLedger, limits};
use crate::life::{Life, Office};

/// Work through seeds and sizes of batch: the rows are the same however the events fell into transactions.
#[tokio::test]
async fn rows_are_what_the_domain_folds_from_the_same_events() {
    for (seed, batch_events) in [(1, 1_000), (2, 7), (3, 1)] {
        let ledger = TestLedger::new().await;
        let projectors = Projectors::start(&ledger.views, ProjectorLimits { batch_events, ..limits() });
        let mut office = Office::new(12, seed);
        for _ in 0..3 {
            office.work(&ledger, 200).await;
            ledger.caught_up().await;
            holds(&ledger, &office.lives).await;
        }
        projectors.stop().await;
    }
}

async fn holds(ledger: &TestLedger, lives: &[Life]) {
    let mut counts: BTreeMap<CopyStatus, u64> =
        CopyStatus::ALL.into_iter().map(|status| (status, 0)).collect();
    for life in lives.iter().filter(|life| !life.events.is_empty()) {
        let row = copies::get(ledger.pool(), life.id).await.unwrap().expect("a copy that began has a row");
        assert_eq!(Some(row.body), copies::CopyBody::of(&life.copy));
        if let Some(status) = life.copy.state.status() {
            *counts.entry(status).or_default() += 1;
        }
        lock_holds(ledger, life.id, &life.copy).await;
        work_holds(ledger, life.id, &life.copy).await;
        annotations_hold(ledger, life.id, &life.copy).await;
    }
    assert_eq!(copies::status_counts(ledger.pool(), None).await.unwrap(), counts);
    let counted: i64 = counts.values().map(|count| *count as i64).sum();
    let listed = ledger.count("SELECT count(*) FROM copies_v2 WHERE status IS NOT NULL").await;
    assert_eq!(listed, counted);
    let apart = "SELECT count(*) FROM (SELECT exam_id, status, count(*) FROM copies_v2 WHERE status IS NOT NULL \
        GROUP BY 1, 2 EXCEPT SELECT exam_id, status, copies FROM copy_status_counts_v2) AS apart";
    assert_eq!(ledger.count(apart).await, 0);
}

async fn lock_holds(ledger: &TestLedger, id: CopyId, copy: &ExamCopy) {
    let row = copy_locks::of_copy(ledger.pool(), id).await.unwrap();
    let standing = match &copy.state {
        CopyState::Locked(_, lock) => Some((lock.id, lock.owner, lock.ttl_seconds, lock.expires_at)),
        _ => None,
    };
    assert_eq!(row.map(|row| (row.lock, row.owner, row.ttl_seconds, row.expires_at)), standing);
}

async fn work_holds(ledger: &TestLedger, id: CopyId, copy: &ExamCopy) {
    let item = work_queue::of_copy(ledger.pool(), id).await.unwrap();
    let to_do = match &copy.state {
        CopyState::Staging(staging) => match &staging.import {
            Import::Pending { attempt } => Some((WorkKind::Import, *attempt)),
            Import::Done { .. } | Import::Failed { .. } => None,
        },
        CopyState::Grading(_, run) => Some((WorkKind::Finalise, run.attempt)),
        CopyState::GradingFailed(_, run) if run.will_retry => {
            Some((WorkKind::RetryFinalisation, run.attempt + 1))
        }
        _ => None,
    };
    assert_eq!(item.map(|item| (item.kind, item.attempt)), to_do);
}

async fn annotations_hold(ledger: &TestLedger, id: CopyId, copy: &ExamCopy) {
    let Some(paper) = copy.state.paper() else { return };
    let rows = annotations::of_copy(ledger.pool(), id, None, None, PageSize::MAX).await.unwrap().items;
    assert_eq!(rows.len(), paper.marking.annotations.len());
    for row in rows {
        let standing = &paper.marking.annotations[&row.annotation];
        let seen = (row.revision, row.number, row.page_index, row.page, &row.mark);
        let folded = (standing.revision, standing.number, standing.page_index, standing.page, &standing.mark);
        assert_eq!(seen, folded);
    }
}
