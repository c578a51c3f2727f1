//! Views follow the ledger: woken by an append, or by polling; readers wait for them within bounds.

use std::time::{Duration, Instant};

use projections::{ProjectorLimits, Projectors, WaitError, copies, exams};

use crate::ledger::{PATIENCE, TestLedger, limits};
use crate::life::Office;
use crate::story;

/// Nothing is polled for within a test's time.
fn without_polling() -> ProjectorLimits {
    let hour = Duration::from_secs(3_600);
    ProjectorLimits { poll_every: hour, renew_every: hour, lease: hour * 2, ..limits() }
}

#[tokio::test]
async fn an_append_that_notifies_wakes_every_view() {
    let ledger = TestLedger::new().await;
    let projectors = Projectors::start(&ledger.views, without_polling());
    let mut office = Office::new(4, 41);
    for _ in 0..5 {
        office.work(&ledger, 10).await;
        ledger.notify().await;
        ledger.caught_up().await;
    }
    projectors.stop().await;
}

#[tokio::test]
async fn a_listener_that_was_cut_off_listens_again() {
    let ledger = TestLedger::new().await;
    let projectors = Projectors::start(&ledger.views, without_polling());
    let mut office = Office::new(4, 42);
    office.work(&ledger, 10).await;
    ledger.notify().await;
    ledger.caught_up().await;
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
        WHERE query LIKE 'LISTEN%' AND datname = current_database()";
    assert_eq!(ledger.count(cut).await, 1);
    // Told to whoever listens: if that is nobody yet, listening again begins with a look.
    office.work(&ledger, 10).await;
    ledger.notify().await;
    ledger.caught_up().await;
    projectors.stop().await;
}

#[tokio::test]
async fn appends_that_nobody_tells_of_are_found_by_polling() {
    let ledger = TestLedger::new().await;
    let projectors = ledger.start();
    let mut office = Office::new(4, 43);
    for _ in 0..5 {
        office.work(&ledger, 10).await;
        ledger.caught_up().await;
    }
    projectors.stop().await;
}

#[tokio::test]
async fn a_reader_waits_for_its_own_write_and_then_reads_it() {
    let ledger = TestLedger::new().await;
    let projectors = ledger.start();
    let copy = story::copy_id("A-001");
    assert_eq!(copies::get(ledger.pool(), copy).await.unwrap(), None);
    let position = ledger.copy(copy, &story::to_locked("A-001")).await;
    ledger.views.wait_for(copies::VIEW, position, PATIENCE).await.unwrap();
    let row = copies::get(ledger.pool(), copy).await.unwrap().unwrap();
    assert_eq!((row.position, row.created_position, row.body.sequence), (4, 1, 4));
    ledger.views.wait_for_head(copies::VIEW, PATIENCE).await.unwrap();
    projectors.stop().await;
}

#[tokio::test]
async fn a_reader_in_another_process_waits_for_the_view_as_well() {
    let ledger = TestLedger::new().await;
    let projectors = ledger.start();
    // No projector of this process wakes these readers.
    let elsewhere = projections::Views::new(ledger.pool().clone());
    let position = ledger.copy(story::copy_id("A-001"), &story::to_locked("A-001")).await;
    elsewhere.wait_for(copies::VIEW, position, PATIENCE).await.unwrap();
    projectors.stop().await;
}

#[tokio::test]
async fn a_reader_whose_view_stands_still_is_told_how_far_it_is_behind() {
    let ledger = TestLedger::new().await;
    ledger.copy(story::copy_id("A-001"), &story::to_locked("A-001")).await;
    ledger.fold_all().await;
    let position = ledger.copy(story::copy_id("A-002"), &story::to_locked("A-002")).await;
    let begun = Instant::now();
    let error = ledger.views.wait_for(copies::VIEW, position, Duration::from_millis(120)).await.unwrap_err();
    assert!(begun.elapsed() >= Duration::from_millis(120));
    let WaitError::Behind(lag) = error else { panic!("{error}") };
    assert_eq!((lag.view, lag.wanted, lag.position, lag.head), (copies::VIEW, 8, 4, 8));
    assert!(lag.lag_ms >= 120, "the oldest event waits since before the wait: {} ms", lag.lag_ms);
    assert!(lag.to_string().contains("at position 4 of 8"), "{lag}");
    // What it has already, nobody waits for.
    ledger.views.wait_for(copies::VIEW, 4, Duration::ZERO).await.unwrap();
    ledger.views.wait_for(exams::VIEW, 0, Duration::ZERO).await.unwrap();
}

#[tokio::test]
async fn the_status_says_how_far_each_view_is() {
    let ledger = TestLedger::new().await;
    let status = ledger.views.status().await.unwrap();
    assert_eq!(status.len(), projections::views::ALL.len());
    assert!(status.iter().all(|it| (it.position, it.head, it.lag_ms, it.leader) == (0, 0, 0, None)));
    ledger.copy(story::copy_id("A-001"), &story::to_locked("A-001")).await;
    ledger.fold_all().await;
    ledger.copy(story::copy_id("A-002"), &story::to_locked("A-002")).await;
    for status in ledger.views.status().await.unwrap() {
        assert_eq!((status.position, status.head, status.lag_events(), status.leader), (4, 8, 4, None));
    }
}
