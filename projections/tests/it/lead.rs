//! One leader a view, over any number of processes.

use std::time::Duration;

use projections::{ProjectorLimits, Projectors};
use uuid::Uuid;

use crate::ledger::{TestLedger, limits, until};
use crate::life::Office;

async fn leaders(ledger: &TestLedger) -> Vec<Uuid> {
    ledger.views.status().await.unwrap().into_iter().filter_map(|status| status.leader).collect()
}

/// Until this process leads every view.
async fn all_led_by(ledger: &TestLedger, leader: Uuid) {
    until("a leader of all views", || async {
        let leaders = leaders(ledger).await;
        (leaders.len() == projections::views::ALL.len() && leaders.iter().all(|it| *it == leader))
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn of_two_processes_one_leads_and_the_other_takes_over_at_once_when_it_stops() {
    let ledger = TestLedger::new().await;
    // The lease is far longer than the test: only its being given back can make room.
    let limits = ProjectorLimits { lease: Duration::from_secs(3_600), ..limits() };
    let first = Projectors::start(&ledger.views, limits);
    all_led_by(&ledger, first.leader()).await;
    let second = Projectors::start(&ledger.views, limits);
    let mut office = Office::new(4, 31);
    office.work(&ledger, 100).await;
    ledger.caught_up().await;
    all_led_by(&ledger, first.leader()).await;
    first.stop().await;
    all_led_by(&ledger, second.leader()).await;
    office.work(&ledger, 100).await;
    ledger.caught_up().await;
    assert!(ledger.views.status().await.unwrap().iter().all(|status| status.poison.is_none()));
    second.stop().await;
    assert_eq!(leaders(&ledger).await, Vec::<Uuid>::new());
}

#[tokio::test]
async fn a_leader_that_vanishes_is_followed_when_its_lease_is_over() {
    let ledger = TestLedger::new().await;
    let first = Projectors::start(&ledger.views, limits());
    all_led_by(&ledger, first.leader()).await;
    let second = Projectors::start(&ledger.views, limits());
    drop(first);
    all_led_by(&ledger, second.leader()).await;
    Office::new(4, 32).work(&ledger, 60).await;
    ledger.caught_up().await;
    second.stop().await;
}

#[tokio::test]
async fn a_leader_with_nothing_to_fold_keeps_its_lease() {
    let ledger = TestLedger::new().await;
    let first = Projectors::start(&ledger.views, limits());
    all_led_by(&ledger, first.leader()).await;
    let second = Projectors::start(&ledger.views, limits());
    // By Postgres's clock, several leases go by.
    let begun = ledger.count("SELECT extract(epoch FROM clock_timestamp())::bigint").await;
    until("several leases", || async {
        let now = ledger.count("SELECT extract(epoch FROM clock_timestamp())::bigint").await;
        assert!(!leaders(&ledger).await.contains(&second.leader()));
        (now - begun >= 2).then_some(())
    })
    .await;
    first.stop().await;
    second.stop().await;
}
