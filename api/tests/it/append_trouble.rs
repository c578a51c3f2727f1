//! Appending while something goes wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::CopyId;
use domain::copy::CopyAction;
use fixtures::database::TestCluster;
use gradeledger::ledger::verify::{Verdict, verify};
use gradeledger::ledger::{ExecuteError, Ledger, LedgerError, LedgerLimits};
use sqlx::postgres::PgListener;
use tokio::time::timeout;

use crate::office::{Office, PATIENCE, a_scan, act, score, types, until};

#[tokio::test]
async fn a_head_that_is_held_too_long_makes_the_ledger_busy_and_applies_nothing() {
    let limits = LedgerLimits { lock_timeout: Duration::from_millis(50), ..LedgerLimits::default() };
    let office = Office::with(limits).await;
    let mut held = office.pool().begin().await.unwrap();
    sqlx::query("SELECT FROM ledger_head FOR UPDATE").execute(&mut *held).await.unwrap();
    let (copy, action) = a_scan();
    let busy = office.ask(copy, action.clone()).await;
    assert!(matches!(busy, Err(ExecuteError::Busy { .. })), "{busy:?}");
    held.rollback().await.unwrap();
    assert_eq!(office.count("events").await, 0);
    assert_eq!(office.ask(copy, action).await.unwrap().last_position, 1);
}

#[tokio::test]
async fn a_full_queue_is_busy_at_once() {
    let limits = LedgerLimits { queue_commands: 2, lock_timeout: PATIENCE, ..LedgerLimits::default() };
    let office = Arc::new(Office::with(limits).await);
    let mut held = office.pool().begin().await.unwrap();
    sqlx::query("SELECT FROM ledger_head FOR UPDATE").execute(&mut *held).await.unwrap();
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let (office, (copy, action)) = (Arc::clone(&office), a_scan());
            tokio::spawn(async move { office.ask(copy, action).await })
        })
        .collect();
    until("two are queued", || async { office.ledger.queued_commands() == 2 }).await;
    let (copy, action) = a_scan();
    let third = office.ask(copy, action).await;
    assert!(matches!(third, Err(ExecuteError::Busy { .. })), "{third:?}");
    held.rollback().await.unwrap();
    for task in waiting {
        task.await.unwrap().unwrap();
    }
}

/// A batch that the database cannot take as a whole is taken command by command.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_the_database_refuses_harms_no_other_of_its_batch() {
    let limits = LedgerLimits { lock_timeout: PATIENCE, ..LedgerLimits::default() };
    let office = Arc::new(Office::with(limits).await);
    // A rule that only this test's database has.
    let (bad, bad_action) = a_scan();
    let rule = format!("ALTER TABLE events ADD CHECK (aggregate_id <> '{bad}')");
    sqlx::query(&rule).execute(office.pool()).await.unwrap();
    let mut held = office.pool().begin().await.unwrap();
    sqlx::query("SELECT FROM ledger_head FOR UPDATE").execute(&mut *held).await.unwrap();
    let mut asked: Vec<(CopyId, CopyAction)> = (0..9).map(|_| a_scan()).collect();
    asked.insert(4, (bad, bad_action));
    let tasks: Vec<_> = asked
        .into_iter()
        .map(|(copy, action)| {
            let office = Arc::clone(&office);
            tokio::spawn(async move { (copy, office.ask(copy, action).await) })
        })
        .collect();
    until("all are queued", || async { office.ledger.queued_commands() == 10 }).await;
    held.rollback().await.unwrap();
    for task in tasks {
        let (copy, outcome) = task.await.unwrap();
        if copy == bad {
            assert!(matches!(outcome, Err(ExecuteError::Ledger(LedgerError::Database(_)))), "{outcome:?}");
        } else {
            outcome.unwrap();
        }
    }
    office.assert_positions_are_dense().await;
}

#[tokio::test]
async fn readers_are_notified_after_the_commit_with_the_newest_position() {
    let office = Office::open().await;
    let mut listener = PgListener::connect_with(office.pool()).await.unwrap();
    listener.listen(&office.ledger.channel()).await.unwrap();
    office.import().await;
    let told = timeout(PATIENCE, listener.recv()).await.unwrap().unwrap();
    assert_eq!((told.channel(), told.payload()), (office.ledger.channel().as_str(), "1"));
    assert_eq!(office.count("events").await, 1);
}

/// Marks copies until told to stop, each with its own points, and gives what was acknowledged.
async fn mark(office: Arc<Office>, stop: Arc<AtomicBool>, first: i64) -> (CopyId, Vec<i64>, Vec<i64>) {
    let (copy, shown) = office.locked().await;
    let (mut acknowledged, mut unknown) = (Vec::new(), Vec::new());
    for hundredths in first.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        match office.ask(copy, score(shown, hundredths)).await {
            Ok(_) => acknowledged.push(hundredths),
            Err(ExecuteError::Unknown { .. }) => unknown.push(hundredths),
            Err(ExecuteError::Busy { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    (copy, acknowledged, unknown)
}

/// What the ledger holds of a copy's points, in order.
async fn recorded(office: &Office, copy: CopyId) -> Vec<i64> {
    sqlx::query_scalar(
        "SELECT (payload #>> '{QuestionScored,after}')::bigint FROM events \
         WHERE aggregate_id = $1 AND event_type = 'QuestionScored' ORDER BY sequence",
    )
    .bind(copy.to_string())
    .fetch_all(office.pool())
    .await
    .unwrap()
}

/// Whatever was acknowledged is there once; whatever is there was acknowledged or its outcome was said to be unknown.
async fn assert_nothing_is_lost_or_doubled(office: &Office, marked: &[(CopyId, Vec<i64>, Vec<i64>)]) {
    for (copy, acknowledged, unknown) in marked {
        let mut there = recorded(office, *copy).await;
        there.retain(|points| !unknown.contains(points));
        assert_eq!(&there, acknowledged);
    }
    office.assert_positions_are_dense().await;
    let verdict = verify(office.pool(), 2, Arc::new(|_, _| {})).await.unwrap();
    assert!(matches!(verdict, Verdict::Sound { .. }), "{verdict:?}");
}

/// A marker at work; it ends with its copy, the points that were acknowledged, and those whose outcome is unknown.
type Marker = tokio::task::JoinHandle<(CopyId, Vec<i64>, Vec<i64>)>;

fn markers(office: &Arc<Office>, stop: &Arc<AtomicBool>) -> Vec<Marker> {
    (0..8).map(|_| tokio::spawn(mark(Arc::clone(office), Arc::clone(stop), 1))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backends_that_are_killed_lose_and_double_no_event() {
    let office = Arc::new(Office::open().await);
    let stop = Arc::new(AtomicBool::new(false));
    let running = markers(&office, &stop);
    for round in 1..=10_u64 {
        until("work goes on", || async { office.ledger.appended_events() >= round * 60 }).await;
        sqlx::query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%append_events%'",
        )
        .execute(office.pool())
        .await
        .unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    let mut marked = Vec::new();
    for task in running {
        marked.push(task.await.unwrap());
    }
    assert!(marked.iter().all(|(_, _, unknown)| unknown.is_empty()), "the connection came back in time");
    assert_nothing_is_lost_or_doubled(&office, &marked).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_is_killed_and_started_again_lost_and_doubled_no_event() {
    let mut cluster = TestCluster::own().await;
    let database = cluster.database().await;
    let office = Arc::new(Office::on(database, LedgerLimits::default()).await);
    let stop = Arc::new(AtomicBool::new(false));
    let running = markers(&office, &stop);
    for round in 1..=2_u64 {
        until("work goes on", || async { office.ledger.appended_events() >= round * 200 }).await;
        cluster.kill().await;
        cluster.restart().await;
    }
    let so_far = office.ledger.appended_events();
    until("work goes on without a hand", || async { office.ledger.appended_events() > so_far + 100 }).await;
    stop.store(true, Ordering::Relaxed);
    let mut marked = Vec::new();
    for task in running {
        marked.push(task.await.unwrap());
    }
    assert_nothing_is_lost_or_doubled(&office, &marked).await;
}

/// After a restore or an asynchronous failover the same sequence can name another history; the cache must not go on with
/// its own.
#[tokio::test]
async fn a_cache_of_another_history_with_the_same_sequence_is_not_appended_to() {
    let office = Office::open().await;
    let (copy, shown) = office.locked().await;
    office.ask(copy, score(shown, 100)).await.unwrap();
    // The last event is lost and another one takes its place.
    sqlx::query("ALTER TABLE events DISABLE TRIGGER USER").execute(office.pool()).await.unwrap();
    sqlx::query("DELETE FROM events WHERE position = 5").execute(office.pool()).await.unwrap();
    sqlx::query("ALTER TABLE events ENABLE ALWAYS TRIGGER events_only_grow")
        .execute(office.pool())
        .await
        .unwrap();
    let other = Ledger::open(office.pool().clone(), LedgerLimits::default()).await.unwrap();
    act(&other, office.actor, copy, score(shown, 900), None, Vec::new()).await.unwrap();
    office.ask(copy, score(shown, 200)).await.unwrap();
    assert_eq!(recorded(&office, copy).await, [900, 200]);
    assert_eq!(types(office.pool(), copy).await.len(), 6);
    let before: Option<i64> = sqlx::query_scalar(
        "SELECT (payload #>> '{QuestionScored,before}')::bigint FROM events WHERE position = 6",
    )
    .fetch_one(office.pool())
    .await
    .unwrap();
    assert_eq!(before, Some(900), "decided on the history that stands");
}
