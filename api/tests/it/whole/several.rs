//! Several processes on one ledger, as behind a load balancer or split over machines.

use fixtures::scans::nested_forms;
use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};

use super::desk::Desk;
use super::place::Place;
use super::process::Process;
use super::seen;
use crate::routes::world::heard;

async fn two(place: &Place) -> ((Process, Desk), (Process, Desk)) {
    let open = async || {
        let process = Process::serve(place, None, &[]).await;
        let desk = Desk::open(&place.database, process.address).await;
        (process, desk)
    };
    tokio::join!(open(), open())
}

/// Law L3, over processes: a client that gives up on one server asks the next.
#[tokio::test]
async fn l3_a_command_that_reaches_two_processes_at_once_is_applied_once_and_answered_alike() {
    const COMMANDS: usize = 40;
    let place = Place::new().await;
    let ((_first, desk), (_second, other_desk)) = two(&place).await;
    let create = async |desk: &Desk, n: usize| -> Value {
        let request = desk.ask(&desk.admin, Method::POST, "/api/exams");
        let request = request.header("idempotency-key", format!("twice-{n}"));
        heard(request.json(&json!({"code": format!("TWICE-{n}")}))).await.body(201)
    };
    join_all((0..COMMANDS).map(async |n| {
        let (one, other) = tokio::join!(create(&desk, n), create(&other_desk, n));
        assert_eq!(one, other);
    }))
    .await;
    assert_eq!(place.payloads("ExamCreated").await.len(), COMMANDS);
    let other_body = desk.ask(&desk.admin, Method::POST, "/api/exams").header("idempotency-key", "twice-0");
    heard(other_body.json(&json!({"code": "ANOTHER"}))).await.refused(422, "idempotency_key_reused");
    place.assert_sound().await;
}

/// Law L2: of two who want the same copy at the same moment at two processes, one gets it and the other is told.
#[tokio::test]
async fn l2_of_two_graders_at_two_processes_one_gets_the_copy_and_the_other_is_told() {
    const COPIES: usize = 12;
    let place = Place::new().await;
    let ((_first, desk), (_second, other_desk)) = two(&place).await;
    let exam = desk.exam().await;
    let copies = join_all((0..COPIES).map(async |n| desk.ready(exam, &format!("C-{n}"), 1).await)).await;
    join_all(copies.iter().map(async |copy| {
        let path = format!("/api/copies/{copy}/lock");
        let (one, other) = tokio::join!(
            desk.post(&desk.grader, &path, json!({})),
            other_desk.post(&other_desk.other, &path, json!({})),
        );
        let (held, refused) = if one.status == 200 { (one, other) } else { (other, one) };
        held.body(200);
        refused.refused(409, "already_locked");
    }))
    .await;
    assert_eq!(place.payloads("LockAcquired").await.len(), COPIES);
    place.assert_sound().await;
}

#[tokio::test]
async fn the_parts_of_a_service_work_as_well_in_processes_of_their_own() {
    let place = Place::new().await;
    let _projectors = Process::serve(&place, None, &["--only", "projectors"]).await;
    let workers = Process::serve(&place, None, &["--only", "workers"]).await;
    let api = Process::serve(&place, None, &["--only", "api"]).await;
    let desk = Desk::open(&place.database, api.address).await;
    let held = desk.held(desk.exam().await, "A-1", 2).await;
    desk.score(&held, "1", json!(6)).await;
    assert_eq!(desk.finalise(&held).await["grade"]["total"], json!(6));
    // The counts are read from the view, so a process that folds nothing and works nothing shows them too.
    place.views_caught_up().await;
    let graded = "grading_copies_by_status{status=\"GRADED\"}";
    assert_eq!(desk.metrics().await.of(graded), 1.0);
    // Who does the work shows it, and serves nothing else.
    let worker = Desk::open(&place.database, workers.address).await;
    let finalised = "grading_finalize_duration_seconds_count{status=\"success\",retry_attempt=\"1\"}";
    seen("the finalisation is counted", async || (worker.metrics().await.of(finalised) == 1.0).then_some(()))
        .await;
    assert_eq!(worker.metrics().await.of(graded), 1.0);
    assert_eq!(desk.metrics().await.of(finalised), 0.0);
    worker.get(&worker.admin, "/api/copies").await.refused(404, "not_found");
    assert_eq!(worker.get(&worker.admin, "/api/health/ready").await.status, 200);
}

#[tokio::test]
async fn a_worker_that_is_told_to_stop_gives_its_item_back_at_once() {
    let place = Place::new().await;
    let first =
        Process::serve(&place, None, &["--limit", "work.shutdown=1s", "--limit", "work.lease=1h"]).await;
    let desk = Desk::open(&place.database, first.address).await;
    let exam = desk.exam().await;
    let copy = desk.send(exam, "A-1", nested_forms(12)).await;
    seen("the work is begun", async || (place.claims(copy).await == 1).then_some(())).await;
    let stopped = first.interrupt().await;
    assert!(stopped.success(), "{stopped}");
    assert_eq!(place.types(copy).await, ["CopyImportRequested"]);

    let second = Process::serve(&place, None, &["--limit", "pdf.import_seconds_max=1"]).await;
    let desk = Desk::open(&place.database, second.address).await;
    // Its lease would have held for an hour.
    let failed = desk.copy_when(copy, "tried again", |copy| copy["last_failure"]["attempt"] == 1).await;
    assert_eq!(failed["last_failure"]["error_type"], "timeout");
}
