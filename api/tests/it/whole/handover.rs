//! Work that changes hands: its worker is killed, stopped, or one of two.

use domain::CopyId;
use fixtures::scans::{ORIENTATIONS, nested_forms, tiny_pages, vector_mixed_orientation};
use futures::future::join_all;
use http::Method;
use rustix::process::Signal;
use serde_json::json;

use super::desk::Desk;
use super::place::Place;
use super::process::{Process, runs};
use super::seen;

/// A lease short enough for a test to outlive.
const SHORT_LEASE: [&str; 4] = ["--limit", "work.lease=1s", "--limit", "work.renewal=300ms"];

/// Pages enough for a worker to be met in the middle of them.
const MANY_PAGES: usize = 300;

async fn open(place: &Place) -> (Process, Desk) {
    open_with(place, &SHORT_LEASE).await
}

async fn open_with(place: &Place, arguments: &[&str]) -> (Process, Desk) {
    let process = Process::serve(place, None, arguments).await;
    let desk = Desk::open(&place.database, process.address).await;
    (process, desk)
}

fn count(types: &[String], of: &str) -> usize {
    types.iter().filter(|event_type| *event_type == of).count()
}

#[tokio::test]
async fn an_import_and_a_finalisation_whose_worker_is_killed_are_ended_once_by_another() {
    let place = Place::new().await;
    let (first, desk) = open(&place).await;
    let exam = desk.exam().await;
    let copy = desk.send(exam, "A-1", vector_mixed_orientation()).await;
    // All the work is done, and its outcome is not to be recorded.
    let head = place.hold_head().await;
    let stored = 1 + ORIENTATIONS.len();
    seen("scan and pages are stored", async || (place.blobs_of(copy) == stored).then_some(())).await;
    first.kill().await;
    place.nobody_waits().await;
    assert_eq!(place.types(copy).await, ["CopyImportRequested"]);
    head.rollback().await.unwrap();

    let (second, desk) = open(&place).await;
    assert_eq!(desk.import_ended(copy).await["import"]["state"], "done");
    desk.post(&desk.admin, &format!("/api/copies/{copy}/ready"), json!({})).await.body(200);
    let held = desk.lock(copy, 600).await;
    desk.score(&held, "1", json!(3)).await;
    desk.mark(&held, Method::POST, "/finalize", json!({})).await.body(202);
    let head = place.hold_head().await;
    seen("the final PDF is stored", async || (place.blobs_of(copy) == stored + 1).then_some(())).await;
    second.kill().await;
    place.nobody_waits().await;
    assert_eq!(place.types(copy).await.last().unwrap(), "FinalisationStarted");
    head.rollback().await.unwrap();

    let (_third, desk) = open(&place).await;
    let graded = desk.copy_when(copy, "graded", |copy| copy["status"] == "GRADED").await;
    assert_eq!(graded["grade"]["attempt"], 1);
    let types = place.types(copy).await;
    assert_eq!((count(&types, "CopyImported"), count(&types, "CopyGraded")), (1, 1), "{types:?}");
    // The same basis gave the same bytes, so the repeat stored nothing new.
    assert_eq!(place.blobs_of(copy), stored + 1);
    place.assert_sound().await;
}

#[tokio::test]
async fn the_fourth_claim_of_an_import_that_kills_its_workers_records_the_failure_instead() {
    let place = Place::new().await;
    let (mut process, mut desk) = open(&place).await;
    let exam = desk.exam().await;
    let copy = desk.send(exam, "A-1", tiny_pages(MANY_PAGES)).await;
    for nth in 1..=3 {
        seen("the work is begun", async || (place.claims(copy).await == nth).then_some(())).await;
        process.kill().await;
        assert_eq!(place.types(copy).await, ["CopyImportRequested"], "killed too late");
        (process, desk) = open(&place).await;
    }
    let failed = desk.import_ended(copy).await;
    let failure = &failed["last_failure"];
    assert_eq!((&failure["stage"], &failure["error_type"]), (&json!("claim"), &json!("unknown")));
    assert_eq!(place.types(copy).await, ["CopyImportRequested", "CopyImportFailed"]);
    // Nothing is lost: an operator who has mended what killed the workers asks again.
    desk.post(&desk.admin, &format!("/api/copies/{copy}/import/retry"), json!({"reason": "mended"}))
        .await
        .body(202);
    assert_eq!(desk.import_ended(copy).await["pages"].as_array().unwrap().len(), MANY_PAGES);
    drop(process);
    place.assert_sound().await;
}

#[tokio::test]
async fn a_suspended_workers_item_is_done_by_another_and_when_it_wakes_it_appends_nothing() {
    let place = Place::new().await;
    let (sleeper, desk) = open(&place).await;
    let exam = desk.exam().await;
    let copy = desk.send(exam, "A-1", tiny_pages(MANY_PAGES)).await;
    // The pages look alike, so all of them are one blob beside the scan.
    seen("the first page is stored", async || (place.blobs_of(copy) == 2).then_some(())).await;
    sleeper.signal(Signal::STOP);
    assert_eq!(place.types(copy).await, ["CopyImportRequested"], "suspended too late");
    let (other, desk) = open(&place).await;
    assert_eq!(desk.import_ended(copy).await["import"]["state"], "done");
    let types = place.types(copy).await;

    sleeper.signal(Signal::CONT);
    let gives_up = [
        "the copy has moved on; nothing is recorded",
        "the claim was lost; whoever has it now does the work",
    ];
    seen("the sleeper gives up", async || {
        sleeper.messages().iter().any(|message| gives_up.contains(&message.as_str())).then_some(())
    })
    .await;
    // It is as good a worker as before.
    assert!(other.interrupt().await.success());
    let desk = Desk::open(&place.database, sleeper.address).await;
    desk.ready(exam, "A-2", 1).await;
    assert_eq!(place.types(copy).await, types);
    assert_eq!(count(&types, "CopyImported"), 1);
    place.assert_sound().await;
}

#[tokio::test]
async fn two_processes_on_one_ledger_do_each_item_of_work_once() {
    const COPIES: usize = 24;
    let place = Place::new().await;
    let ((first, desk), (second, other_desk)) = tokio::join!(open_with(&place, &[]), open_with(&place, &[]));
    let exam = desk.exam().await;
    let desks = [&desk, &other_desk];
    let copies: Vec<CopyId> =
        join_all((0..COPIES).map(async |n| desks[n % 2].send(exam, &format!("C-{n}"), tiny_pages(1)).await))
            .await;
    join_all(copies.iter().enumerate().map(async |(n, copy)| {
        let desk = desks[n % 2];
        assert_eq!(desk.import_ended(*copy).await["import"]["state"], "done");
        // What one process wrote, the other sees, whichever decides next.
        let next = desks[(n + 1) % 2];
        next.post(&next.admin, &format!("/api/copies/{copy}/ready"), json!({})).await.body(200);
        let held = desk.lock(*copy, 600).await;
        next.score(&held, "1", json!(2)).await;
        desk.mark(&held, Method::POST, "/finalize", json!({})).await.body(202);
        next.copy_when(*copy, "graded", |copy| copy["status"] == "GRADED").await;
    }))
    .await;
    for copy in copies {
        let types = place.types(copy).await;
        assert_eq!((count(&types, "CopyImported"), count(&types, "CopyGraded")), (1, 1), "{types:?}");
    }
    let moved_on = "the copy has moved on; nothing is recorded".to_owned();
    assert!(
        !first.messages().contains(&moved_on) && !second.messages().contains(&moved_on),
        "work was done twice"
    );
    for process in [first, second] {
        assert!(process.interrupt().await.success());
    }
    place.assert_sound().await;
}

/// The end of a lease does not wait for the process that would have seen it.
#[tokio::test]
async fn the_end_of_a_lock_is_recorded_in_time_though_the_process_that_looks_for_it_is_killed() {
    let place = Place::new().await;
    let (first, desk) = open(&place).await;
    let copy = desk.ready(desk.exam().await, "A-1", 1).await;
    let leader = async || -> Option<String> {
        sqlx::query_scalar("SELECT worker::text FROM work_leaders WHERE duty = 'expire locks'")
            .fetch_optional(place.pool())
            .await
            .unwrap()
    };
    let led_by_first = seen("someone looks for ended leases", leader).await;
    let (_second, other_desk) = open(&place).await;
    desk.lock(copy, 1).await;
    desk.copy_when(copy, "locked, as the view has it", |copy| copy["status"] == "LOCKED").await;
    assert_eq!(leader().await, Some(led_by_first.clone()));
    first.kill().await;
    other_desk.copy_when(copy, "free again", |copy| copy["status"] == "READY").await;
    super::leases::assert_recorded_in_time(&place).await;
    assert_ne!(leader().await, Some(led_by_first));
}

#[tokio::test]
async fn the_child_that_reads_a_scan_dies_with_the_worker_that_is_killed() {
    let place = Place::new().await;
    let (process, desk) = open(&place).await;
    desk.send(desk.exam().await, "A-1", nested_forms(12)).await;
    let child = seen("a child reads the scan", async || process.children().first().copied()).await;
    assert!(runs(child));
    process.kill().await;
    seen("the child is gone", async || (!runs(child)).then_some(())).await;
}
