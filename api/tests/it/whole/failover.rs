//! Who leads the views when one of two processes is killed, or sleeps and wakes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use projections::{ProjectorLimits, Views, views};
use rustix::process::Signal;
use serde_json::json;
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::desk::{Desk, Held};
use super::place::Place;
use super::process::{Process, run_at, stderr};
use super::seen;
use super::storm::{COMMANDS, Storm, assert_weathered};

/// How long a view may be without a leader after its leader was killed.
const WITHOUT_LEADER: Duration = Duration::from_secs(5);

/// What a machine that runs all tests at once may add to it.
const LOADED: Duration = Duration::from_secs(3);

/// Two processes, of which the first leads every view.
async fn two(place: &Place, arguments: &[&str]) -> (Process, Process, Desk) {
    let first = Process::serve(place, None, arguments).await;
    led_by(place, None).await;
    let second = Process::serve(place, None, arguments).await;
    let desk = Desk::open(&place.database, second.address).await;
    (first, second, desk)
}

/// Waits until every view has one leader, the same for all and another than `not`; gives it.
async fn led_by(place: &Place, not: Option<Uuid>) -> Uuid {
    let views = Views::new(place.pool().clone());
    seen("one process leads every view", async || {
        let status = views.status().await.unwrap();
        let leader = status.first()?.leader.filter(|leader| Some(*leader) != not)?;
        status.iter().all(|view| view.leader == Some(leader)).then_some(leader)
    })
    .await
}

/// How often a process has come to lead, by view.
fn led(process: &Process) -> BTreeMap<String, usize> {
    let mut led = BTreeMap::new();
    for line in process.lines().iter().filter(|line| line["message"] == "leads") {
        *led.entry(line["fields"]["view"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    led
}

/// The views that a process has let go: its token was old, or its transaction was ended while it slept.
fn let_go(process: &Process) -> BTreeSet<String> {
    const SAID: [&str; 2] = ["another process leads", "a projector was interrupted and begins again"];
    said(process, &SAID)
}

/// The views about which a process has said one of these messages.
fn said(process: &Process, messages: &[&str]) -> BTreeSet<String> {
    let lines = process.lines().into_iter();
    let said = lines.filter(|line| messages.contains(&line["message"].as_str().unwrap_or_default()));
    said.map(|line| line["fields"]["view"].as_str().unwrap().to_owned()).collect()
}

/// Waits until a process has let go of every view.
async fn all_let_go(process: &Process) {
    let all = views::ALL.len();
    seen("the sleeper leads no more", async || (let_go(process).len() == all).then_some(())).await;
}

fn each_once() -> BTreeMap<String, usize> {
    views::ALL.iter().map(|(view, _)| (view.to_string(), 1)).collect()
}

/// No row is doubled or lost: the views are what a fresh fold of the same events gives.
async fn assert_as_folded_afresh(place: &Place) {
    place.assert_sound().await;
    let rows = place.rows().await;
    let rebuilt = run_at(place, &["rebuild", "--all"]).await;
    assert!(rebuilt.status.success(), "{}", stderr(&rebuilt));
    assert_eq!(place.rows().await, rows);
}

/// Keeps anyone from writing copies while it lives; readers go on.
async fn hold_copies(place: &Place) -> Transaction<'static, Postgres> {
    let mut held = place.pool().begin().await.unwrap();
    sqlx::query("LOCK TABLE copies_v2 IN SHARE MODE").execute(&mut *held).await.unwrap();
    held
}

/// Waits until `count` projectors wait for a lock.
async fn projectors_wait(place: &Place, count: i64) {
    seen("projectors wait for a lock", async || {
        let waiting: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
             AND application_name = 'gradeledger projector' AND wait_event_type = 'Lock'",
        )
        .fetch_one(place.pool())
        .await
        .unwrap();
        (waiting == count).then_some(())
    })
    .await;
}

async fn position(place: &Place) -> i64 {
    Views::new(place.pool().clone()).position(views::copies::VIEW).await.unwrap()
}

async fn score(desk: &Desk, held: &Held, from: i64, to: i64) {
    for points in from..to {
        desk.score(held, "1", json!(points)).await;
    }
}

#[tokio::test]
async fn of_two_processes_one_leads_each_view_and_when_it_is_killed_the_other_does_within_five_seconds() {
    let place = Place::new().await;
    let (first, second, desk) = two(&place, &[]).await;
    let killed_leader = led_by(&place, None).await;
    let storm = Storm::prepare(&desk).await;
    let takeover = async {
        storm.answered_at_least(COMMANDS / 4).await;
        assert_eq!((led(&first), led(&second)), (each_once(), BTreeMap::new()));
        first.kill().await;
        let killed = Instant::now();
        led_by(&place, Some(killed_leader)).await;
        let led = killed.elapsed();
        place.views_caught_up().await;
        (led, killed.elapsed())
    };
    let ((), (led_after, caught_up_after)) = tokio::join!(storm.rage(), takeover);
    println!("killed: all views led again after {led_after:?}, caught up after {caught_up_after:?}");
    assert_eq!(led(&second), each_once());
    assert_weathered(&place, &storm).await;
    // The limits promise the time; a loaded machine may add to it.
    let limits = ProjectorLimits::default();
    assert!(limits.lease + limits.poll_every < WITHOUT_LEADER);
    assert!(led_after < WITHOUT_LEADER + LOADED, "{led_after:?}");
}

#[tokio::test]
async fn a_leader_that_is_suspended_between_batches_and_wakes_writes_nothing() {
    let place = Place::new().await;
    let (first, second, desk) = two(&place, &[]).await;
    let suspended_leader = led_by(&place, None).await;
    let held = desk.held(desk.exam().await, "A-1", 2).await;
    place.views_caught_up().await;
    first.signal(Signal::STOP);
    led_by(&place, Some(suspended_leader)).await;
    score(&desk, &held, 1, 10).await;
    place.views_caught_up().await;
    let rows = place.rows().await;
    first.signal(Signal::CONT);
    // It folds what was appended meanwhile into what it holds, and may not commit it.
    all_let_go(&first).await;
    assert_eq!(place.rows().await, rows);
    assert_eq!((led(&first), led(&second)), (each_once(), each_once()));
    // It is as good as before: when the other goes, it leads.
    assert!(second.interrupt().await.success());
    assert_eq!(led_by(&place, None).await, suspended_leader);
    let desk = Desk::open(&place.database, first.address).await;
    desk.held(desk.exam().await, "A-2", 1).await;
    assert_as_folded_afresh(&place).await;
}

#[tokio::test]
async fn a_leader_that_is_suspended_in_the_middle_of_a_batch_and_wakes_cannot_commit_it() {
    let place = Place::new().await;
    let (first, _second, desk) = two(&place, &[]).await;
    let suspended_leader = led_by(&place, None).await;
    let held = desk.held(desk.exam().await, "A-1", 2).await;
    place.views_caught_up().await;
    let before = position(&place).await;
    let copies = hold_copies(&place).await;
    score(&desk, &held, 1, 2).await;
    projectors_wait(&place, 1).await;
    first.signal(Signal::STOP);
    led_by(&place, Some(suspended_leader)).await;
    projectors_wait(&place, 2).await;
    assert_eq!(position(&place).await, before);
    // Its batch goes on where it was, and comes to its commit; its token is old.
    first.signal(Signal::CONT);
    copies.rollback().await.unwrap();
    all_let_go(&first).await;
    let by_token = said(&first, &["another process leads"]);
    assert!(by_token.contains(&views::copies::VIEW.to_string()), "{by_token:?}");
    assert_as_folded_afresh(&place).await;
}

#[tokio::test]
async fn a_leader_that_is_suspended_in_the_middle_of_a_batch_for_ever_does_not_hold_up_the_next() {
    let place = Place::new().await;
    // Nothing but the lease ends the sleeper's transaction.
    let (first, _second, desk) = two(&place, &["--limit", "database.idle_in_transaction=1h"]).await;
    let suspended_leader = led_by(&place, None).await;
    let held = desk.held(desk.exam().await, "A-1", 2).await;
    place.views_caught_up().await;
    let copies = hold_copies(&place).await;
    score(&desk, &held, 1, 10).await;
    projectors_wait(&place, 1).await;
    first.signal(Signal::STOP);
    copies.rollback().await.unwrap();
    // Its rows are written and not committed, and nobody else may write them before that transaction has ended.
    let began = Instant::now();
    led_by(&place, Some(suspended_leader)).await;
    place.views_caught_up().await;
    println!("suspended in a batch: the views have caught up after {:?}", began.elapsed());
    let rows = place.rows().await;
    first.signal(Signal::CONT);
    all_let_go(&first).await;
    let by_its_end = said(&first, &["a projector was interrupted and begins again"]);
    assert!(by_its_end.contains(&views::copies::VIEW.to_string()), "{by_its_end:?}");
    assert_eq!(place.rows().await, rows);
    assert_as_folded_afresh(&place).await;
}
