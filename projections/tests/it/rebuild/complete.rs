//! A rebuild that is not complete is no rebuild.

use domain::{CopyId, ExamId};
use projections::{Projectors, RebuildError, StreamId};
use uuid::Uuid;

use super::{every_view, left_over, limits, rebuild};
use crate::ledger::{Row, TestLedger};
use crate::life::Office;

/// Takes an event out of the ledger, as nobody but its owner could.
async fn lose(ledger: &TestLedger, position: i64) {
    for sql in [
        "ALTER TABLE events DISABLE TRIGGER events_only_grow".to_owned(),
        "ALTER TABLE events DISABLE TRIGGER events_rows_stay".to_owned(),
        format!("DELETE FROM events WHERE position = {position}"),
    ] {
        sqlx::query(&sql).execute(ledger.pool()).await.unwrap();
    }
}

#[tokio::test]
async fn a_ledger_with_a_gap_gives_an_error_and_no_swap() {
    let ledger = TestLedger::new().await;
    let mut office = Office::new(4, 41);
    office.open(&ledger).await;
    office.work(&ledger, 100).await;
    ledger.fold_all().await;
    let rows = ledger.dump_all().await;
    // An event of an exam, which the view of copies passes over: its position must be there all the same.
    lose(&ledger, 3).await;
    let head = ledger.views.head().await.unwrap();
    let error = rebuild(&ledger, &[projections::copies::VIEW], limits()).await.unwrap_err();
    let RebuildError::Incomplete { folded, position, .. } = &error else { panic!("{error}") };
    assert_eq!((*folded, *position), (head - 1, head));
    assert!(error.to_string().contains("gradeledger verify"), "{error}");
    ledger.has_rows(&rows).await;
    assert_eq!(left_over(&ledger).await, 0);
    assert_eq!(ledger.count("SELECT count(*) FROM rebuilds").await, 0);
}

#[tokio::test]
async fn an_event_that_cannot_be_folded_ends_the_rebuild_and_is_named() {
    let ledger = TestLedger::new().await;
    let mut office = Office::new(4, 42);
    office.work(&ledger, 60).await;
    ledger.fold_all().await;
    let rows = ledger.dump_all().await;
    let copy = CopyId(Uuid::from_u128(0xbad));
    let lock = serde_json::json!({ "LockRenewed": {
        "lock": Uuid::nil(), "ttl_seconds": 60,
        "before": "2026-05-18T08:00:00.000000Z", "expires_at": "2026-05-18T08:01:00.000000Z",
    }});
    let poison = ledger.append(StreamId::Copy(copy), &[Row::of("LockRenewed", &lock)]).await;
    let error = rebuild(&ledger, &[projections::copy_locks::VIEW], limits()).await.unwrap_err();
    let RebuildError::Unfoldable(unfoldable) = &error else { panic!("{error}") };
    assert_eq!((unfoldable.position, unfoldable.event_type.as_str()), (poison, "LockRenewed"));
    assert_eq!(unfoldable.stream, format!("ExamCopy {copy}"));
    assert!(unfoldable.cause.contains("lock"), "{error}");
    ledger.has_rows(&rows).await;
    // Views that can fold it are not held up.
    rebuild(&ledger, &[projections::exams::VIEW], limits()).await.unwrap();
    assert_eq!(left_over(&ledger).await, 0);
}

#[tokio::test]
async fn an_event_of_a_kind_of_stream_that_is_unknown_ends_the_rebuild() {
    let ledger = TestLedger::new().await;
    Office::new(4, 43).work(&ledger, 20).await;
    ledger.append(StreamId::Exam(ExamId(Uuid::from_u128(1))), &[Row::of("ExamCreated", &"x")]).await;
    sqlx::query("ALTER TABLE events DISABLE TRIGGER ALL").execute(ledger.pool()).await.unwrap();
    sqlx::query("UPDATE events SET aggregate_type = 'Room' WHERE aggregate_type = 'Exam'")
        .execute(ledger.pool())
        .await
        .unwrap();
    let error = rebuild(&ledger, &every_view(), limits()).await.unwrap_err();
    assert!(matches!(error, RebuildError::UnknownStreams { events: 1 }), "{error}");
}

#[tokio::test]
async fn a_view_that_stopped_goes_on_from_its_rebuild() {
    let ledger = TestLedger::new().await;
    let mut office = Office::new(4, 44);
    office.work(&ledger, 60).await;
    ledger.fold_all().await;
    // As if a build with a fault had met something that this one can fold.
    sqlx::query(
        "UPDATE projections SET position = position - 20, poison_position = position - 19, poison_cause = 'a fault', \
         poison_stream = '', poison_event_type = '', poisoned_at = now() WHERE name = 'copies'",
    )
    .execute(ledger.pool())
    .await
    .unwrap();
    let projectors = ledger.start();
    rebuild(&ledger, &[projections::copies::VIEW], limits()).await.unwrap();
    office.work(&ledger, 60).await;
    ledger.caught_up().await;
    projectors.stop().await;
    let rows = ledger.dump_all().await;
    rebuild(&ledger, &every_view(), limits()).await.unwrap();
    ledger.has_rows(&rows).await;
}

#[tokio::test]
async fn rebuilds_under_leaders_that_fold_lose_and_double_nothing() {
    let ledger = TestLedger::new().await;
    let few = projections::ProjectorLimits { batch_events: 5, ..crate::ledger::limits() };
    let projectors = Projectors::start(&ledger.views, few);
    let mut office = Office::new(8, 45);
    office.open(&ledger).await;
    let every = every_view();
    for _ in 0..4 {
        let ((), rebuilt) = tokio::join!(office.work(&ledger, 60), rebuild(&ledger, &every, limits()));
        rebuilt.unwrap();
    }
    ledger.caught_up().await;
    projectors.stop().await;
    let seen = ledger.dump_all().await;
    rebuild(&ledger, &every_view(), limits()).await.unwrap();
    ledger.has_rows(&seen).await;
}
