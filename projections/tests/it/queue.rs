//! What is to do: for workers, and for the sweeper of locks.

use domain::Timestamp;
use domain::copy::CopyEvent;
use projections::views::PageSize;
use projections::work_queue::{self, Patience, WorkItem, WorkKind};
use projections::{StreamId, copies, copy_locks};

use crate::ledger::{ADA, Row, TestLedger, by};
use crate::story::{self, LOCK, copy_id};

const AT_ONCE: Patience = Patience { first_ms: 0, longest_ms: 0 };
const TOMORROW: Patience = Patience { first_ms: 86_400_000, longest_ms: 86_400_000 };

async fn due(ledger: &TestLedger, patience: Patience) -> Vec<WorkItem> {
    work_queue::due(ledger.pool(), &WorkKind::ALL, patience, PageSize::MAX).await.unwrap()
}

#[tokio::test]
async fn a_requested_import_is_due_with_its_request_and_its_cause() {
    let (ledger, copy) = (TestLedger::new().await, copy_id("A-001"));
    let mut row = Row::of("CopyImportRequested", &story::requested("A-001"));
    row.metadata = by(ADA, "request-42");
    ledger.append(StreamId::Copy(copy), &[row]).await;
    ledger.fold_all().await;
    let item = due(&ledger, TOMORROW).await.remove(0);
    assert_eq!((item.copy, item.kind, item.attempt, item.failed_attempts), (copy, WorkKind::Import, 1, 0));
    assert_eq!(item.request_id, "request-42");
    let asked: uuid::Uuid =
        sqlx::query_scalar("SELECT event_id FROM events").fetch_one(ledger.pool()).await.unwrap();
    assert_eq!(item.causation_id, asked);
}

#[tokio::test]
async fn work_that_failed_rests_before_it_is_due_again() {
    let (ledger, copy) = (TestLedger::new().await, copy_id("A-001"));
    ledger
        .copy(
            copy,
            &[story::requested("A-001"), story::import_failed(1, true), story::import_failed(2, true)],
        )
        .await;
    ledger.fold_all().await;
    assert_eq!(due(&ledger, TOMORROW).await, []);
    let item = due(&ledger, AT_ONCE).await.remove(0);
    assert_eq!((item.kind, item.attempt, item.failed_attempts), (WorkKind::Import, 3, 2));
    assert!(item.last_failed_at.is_some());
    // However long the first rest, it is never longer than the longest.
    let patience = Patience { first_ms: u32::MAX, longest_ms: 0 };
    assert_eq!(due(&ledger, patience).await.len(), 1);
}

#[tokio::test]
async fn work_that_is_done_given_up_or_voided_is_not_in_the_queue() {
    let done = [
        vec![story::imported(2)],
        vec![story::import_failed(1, false)],
        vec![CopyEvent::CopyVoided { reason: crate::life::sealed("twice"), replaced_by: None, lock: None }],
    ];
    let ledger = TestLedger::new().await;
    for (number, end) in done.iter().enumerate() {
        let name = format!("A-{number}");
        ledger.copy(copy_id(&name), &[story::requested(&name)]).await;
        ledger.fold_all().await;
        assert_eq!(due(&ledger, AT_ONCE).await.len(), 1);
        ledger.copy(copy_id(&name), end).await;
        ledger.fold_all().await;
        assert_eq!(due(&ledger, AT_ONCE).await, []);
    }
    // Someone asks again for the one that was given up.
    ledger.copy(copy_id("A-1"), &[CopyEvent::CopyImportRetried { attempt: 2, reason: None }]).await;
    ledger.fold_all().await;
    let item = due(&ledger, TOMORROW).await.remove(0);
    assert_eq!((item.attempt, item.failed_attempts), (2, 0));
}

#[tokio::test]
async fn a_finalisation_is_due_at_once_and_its_retry_after_a_rest() {
    let (ledger, copy) = (TestLedger::new().await, copy_id("A-001"));
    ledger.copy(copy, &story::to_locked("A-001")).await;
    ledger.copy(copy, &[story::started(1)]).await;
    ledger.fold_all().await;
    assert_eq!(due(&ledger, TOMORROW).await[0].kind, WorkKind::Finalise);
    ledger.copy(copy, &[story::failed(1, true)]).await;
    ledger.fold_all().await;
    assert_eq!(due(&ledger, TOMORROW).await, []);
    let item = due(&ledger, AT_ONCE).await.remove(0);
    assert_eq!((item.kind, item.attempt, item.failed_attempts), (WorkKind::RetryFinalisation, 2, 1));
    ledger.copy(copy, &[story::started(2)]).await;
    ledger.fold_all().await;
    let item = due(&ledger, TOMORROW).await.remove(0);
    assert_eq!((item.kind, item.attempt, item.failed_attempts), (WorkKind::Finalise, 2, 1));
    ledger.copy(copy, &[story::graded(2, 1_225)]).await;
    ledger.fold_all().await;
    assert_eq!(due(&ledger, AT_ONCE).await, []);
}

#[tokio::test]
async fn a_grader_who_takes_a_failed_copy_in_hand_ends_its_retry() {
    let (ledger, copy) = (TestLedger::new().await, copy_id("A-001"));
    ledger.copy(copy, &story::to_locked("A-001")).await;
    ledger.copy(copy, &[story::started(1), story::failed(1, true)]).await;
    ledger.copy(copy, &[story::locked(Timestamp::from_micros(i64::MAX))]).await;
    ledger.fold_all().await;
    assert_eq!(due(&ledger, AT_ONCE).await, []);
    let failure = copies::get(ledger.pool(), copy).await.unwrap().unwrap().last_failure.unwrap();
    assert_eq!((failure.work, failure.attempt), (copies::FailedWork::Finalisation, 1));
}

#[tokio::test]
async fn the_backlog_counts_every_kind() {
    let ledger = TestLedger::new().await;
    for name in ["A-1", "A-2"] {
        ledger.copy(copy_id(name), &[story::requested(name)]).await;
    }
    ledger.copy(copy_id("A-3"), &story::to_locked("A-3")).await;
    ledger.copy(copy_id("A-3"), &[story::started(1)]).await;
    ledger.fold_all().await;
    let backlog = work_queue::backlog(ledger.pool()).await.unwrap();
    let counts: Vec<_> = backlog.iter().map(|it| (it.kind, it.items)).collect();
    assert_eq!(counts, [(WorkKind::Import, 2), (WorkKind::Finalise, 1), (WorkKind::RetryFinalisation, 0)]);
}

#[tokio::test]
async fn a_lapsed_lock_is_shown_to_the_sweeper_until_its_end_is_recorded() {
    let (ledger, lapsed, live) = (TestLedger::new().await, copy_id("A-001"), copy_id("A-002"));
    ledger.copy(lapsed, &story::to_locked("A-001")).await;
    let mut events = story::to_locked("A-002");
    events.push(CopyEvent::LockRenewed {
        lock: LOCK,
        ttl_seconds: 3_600,
        before: Timestamp::default(),
        expires_at: Timestamp::from_micros(i64::MAX),
    });
    ledger.copy(live, &events).await;
    ledger.fold_all().await;
    let expired = copy_locks::expired(ledger.pool(), PageSize::MAX).await.unwrap();
    assert_eq!(expired.iter().map(|lock| lock.copy).collect::<Vec<_>>(), [lapsed]);
    assert_eq!(copy_locks::of_copy(ledger.pool(), live).await.unwrap().unwrap().ttl_seconds, 3_600);
    let end = CopyEvent::LockExpired { lock: LOCK, owner: ADA, expired_at: expired[0].expires_at };
    ledger.copy(lapsed, &[end]).await;
    ledger.fold_all().await;
    assert_eq!(copy_locks::expired(ledger.pool(), PageSize::MAX).await.unwrap(), []);
    assert_eq!(copy_locks::of_copy(ledger.pool(), lapsed).await.unwrap(), None);
}
