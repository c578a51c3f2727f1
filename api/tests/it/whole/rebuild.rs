//! `gradeledger rebuild`, as an operator runs it beside a service.

use std::process::{Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use sqlx::{Postgres, Transaction};
use tokio::process::Child;

use super::place::{PROGRAM, Place};
use super::process::{Process, environment, program, run_at, stderr, stdout, unfolded};
use super::seen;

/// Keeps a rebuild of copies from its swap, as a long query does.
async fn reader(place: &Place) -> Transaction<'static, Postgres> {
    let mut reading = place.pool().begin().await.unwrap();
    sqlx::query("SELECT count(*) FROM copies_v2").execute(&mut *reading).await.unwrap();
    reading
}

/// A rebuild of every view that has come to its swap, and waits there for the reader.
async fn waiting(place: &Place) -> Child {
    let mut command = program(PROGRAM);
    command.args(["rebuild", "--all"]).envs(environment(place)).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    seen("a rebuild at its swap", async || (count(place, "phase = 'catching_up'").await > 0).then_some(()))
        .await;
    child
}

async fn count(place: &Place, which: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM rebuilds WHERE {which}");
    sqlx::query_scalar(&sql).fetch_one(place.pool()).await.unwrap()
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect()
}

async fn ended(child: Child) -> Output {
    tokio::time::timeout(super::PATIENCE, child.wait_with_output()).await.unwrap().unwrap()
}

/// A place with two copies, one of them in hand.
async fn worked() -> Place {
    let place = Place::new().await;
    let office = place.service().await;
    let exam = office.desk.exam().await;
    office.desk.ready(exam, "A-1", 2).await;
    office.desk.held(exam, "A-2", 1).await;
    place.views_caught_up().await;
    office.stop().await;
    place
}

#[tokio::test]
async fn a_rebuild_tells_programs_how_far_it_is_and_proves_that_it_is_complete() {
    let place = worked().await;
    let rows = place.rows().await;
    let head: i64 =
        sqlx::query_scalar("SELECT max(position) FROM events").fetch_one(place.pool()).await.unwrap();
    let rebuilt = run_at(&place, &["rebuild", "copies", "exams", "--json"]).await;
    assert!(rebuilt.status.success(), "{}", stderr(&rebuilt));
    let proofs = json_lines(&stdout(&rebuilt));
    let views: Vec<_> = proofs.iter().map(|proof| proof["view"].as_str().unwrap()).collect();
    assert_eq!(views, ["copies", "exams"]);
    assert!(proofs.iter().all(|proof| proof["events"] == head && proof["position"] == head), "{proofs:?}");
    let progress = json_lines(&stderr(&rebuilt));
    let last = progress.last().unwrap();
    assert_eq!(
        (&last["phase"], &last["events"], &last["of"]),
        (&"catching_up".into(), &head.into(), &head.into())
    );
    assert!(last["events_per_second"].is_number() && !last["seconds_left"].is_null(), "{last}");
    let told = run_at(&place, &["rebuild", "copies"]).await;
    let complete = format!("copies_v2: complete, {head} events folded, the last at position {head}");
    assert!(stdout(&told).starts_with(&complete), "{}", stdout(&told));
    assert_eq!(place.rows().await, rows);
}

#[tokio::test]
async fn a_rebuild_that_is_killed_half_way_leaves_the_live_view_and_the_next_one_starts_clean() {
    let place = worked().await;
    let service = Process::serve(&place, None, &[]).await;
    let rows = place.rows().await;
    let reading = reader(&place).await;
    let child = waiting(&place).await;
    // The second one is told who is at it, and status shows it.
    let second = run_at(&place, &["rebuild", "copies"]).await;
    assert_eq!(second.status.code(), Some(1));
    let held_by = format!("copies is being rebuilt by process {} on ", child.id().unwrap());
    assert!(stderr(&second).contains(&held_by), "{}", stderr(&second));
    let status = run_at(&place, &["status"]).await;
    let shown = format!("copies is being rebuilt by process {} on ", child.id().unwrap());
    assert!(unfolded(&stdout(&status)).contains(&shown), "{}", stdout(&status));

    let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
    assert!(!ended(child).await.status.success());
    reading.rollback().await.unwrap();
    assert_eq!(place.rows().await, rows, "the live view was touched");
    // Postgres may still be ending the sessions of the one that was killed.
    let rebuilt = seen("a rebuild that nobody holds", async || {
        let rebuilt = run_at(&place, &["rebuild", "--all"]).await;
        (!stderr(&rebuilt).contains("is being rebuilt by")).then_some(rebuilt)
    })
    .await;
    assert!(rebuilt.status.success(), "{}", stderr(&rebuilt));
    assert_eq!(place.rows().await, rows);
    assert_eq!(count(&place, "true").await, 0);
    service.kill().await;
}

#[tokio::test]
async fn a_process_that_is_stopped_in_the_middle_of_a_rebuild_swaps_nothing_when_it_wakes() {
    let place = worked().await;
    let rows = place.rows().await;
    let reading = reader(&place).await;
    let child = waiting(&place).await;
    let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    kill_process(pid, Signal::STOP).unwrap();
    // Its lease is over at once, rather than in ten seconds.
    sqlx::query("UPDATE rebuilds SET lease_until = now() - interval '1 second'")
        .execute(place.pool())
        .await
        .unwrap();
    reading.rollback().await.unwrap();
    let rebuilt = run_at(&place, &["rebuild", "--all"]).await;
    assert!(rebuilt.status.success(), "{}", stderr(&rebuilt));
    kill_process(pid, Signal::CONT).unwrap();
    let woken = ended(child).await;
    assert_eq!(woken.status.code(), Some(1), "{}", stdout(&woken));
    assert_eq!(place.rows().await, rows);
}
