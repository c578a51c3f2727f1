//! A view can be thrown away.

use projections::{OperateError, Projectors};

use crate::ledger::{TestLedger, limits};
use crate::life::Office;
use crate::parked::acts_about_nothing;

#[tokio::test]
async fn a_view_that_is_emptied_and_folded_again_has_the_same_rows() {
    let ledger = TestLedger::new().await;
    Office::new(8, 11).work(&ledger, 400).await;
    ledger.acts(&acts_about_nothing()).await;
    ledger.fold_all().await;
    let before = ledger.dump_all().await;
    assert!(before.iter().all(|(table, rows)| *table == "exams_v1" || !rows.is_empty()));
    for (view, _) in projections::views::ALL {
        ledger.views.rebuild(view.name).await.unwrap();
        assert_eq!(ledger.views.position(view).await.unwrap(), 0);
    }
    assert!(ledger.dump_all().await.iter().all(|(_, rows)| rows.is_empty()));
    ledger.fold_all().await;
    ledger.has_rows(&before).await;
}

#[tokio::test]
async fn a_rebuild_under_a_leader_that_is_folding_loses_and_doubles_nothing() {
    let ledger = TestLedger::new().await;
    let limits = projections::ProjectorLimits { batch_events: 5, ..limits() };
    let projectors = Projectors::start(&ledger.views, limits);
    let mut office = Office::new(8, 12);
    for _ in 0..4 {
        office.work(&ledger, 60).await;
        for (view, _) in projections::views::ALL {
            ledger.views.rebuild(view.name).await.unwrap();
        }
    }
    ledger.caught_up().await;
    projectors.stop().await;
    let seen = ledger.dump_all().await;
    for (view, _) in projections::views::ALL {
        ledger.views.rebuild(view.name).await.unwrap();
    }
    ledger.fold_all().await;
    ledger.has_rows(&seen).await;
}

#[tokio::test]
async fn a_view_that_does_not_exist_cannot_be_rebuilt_and_the_answer_names_those_that_do() {
    let ledger = TestLedger::new().await;
    let error = ledger.views.rebuild("pages").await.unwrap_err();
    assert!(matches!(error, OperateError::NoSuchView { .. }));
    assert!(error.to_string().contains("audit_trail"));
}

#[tokio::test]
async fn a_view_that_a_long_statement_reads_is_not_emptied_and_nothing_changes() {
    let ledger = TestLedger::new().await;
    Office::new(2, 13).work(&ledger, 20).await;
    ledger.fold_all().await;
    let before = ledger.dump_all().await;
    let mut reading = ledger.pool().begin().await.unwrap();
    sqlx::query("SELECT count(*) FROM copies_v1").execute(&mut *reading).await.unwrap();
    assert!(matches!(ledger.views.rebuild("copies").await, Err(OperateError::InUse { name: "copies" })));
    reading.rollback().await.unwrap();
    ledger.has_rows(&before).await;
    assert!(ledger.views.position(projections::copies::VIEW).await.unwrap() > 0);
}
