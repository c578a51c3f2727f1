//! `Idempotency-Key`: a command is applied once, and the repeat gets the first answer (L3).

use domain::CopyId;
use fixtures::scans::vector_mixed_orientation;
use http::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::world::{Held, Said, World, an_annotation, heard};

async fn keyed(world: &World, held: &Held<'_>, method: Method, path: &str, key: &str, body: Value) -> Said {
    let path = format!("/api/copies/{}{path}", held.copy);
    let request = world.ask(held.who, method, &path).header("x-lock-token", &held.token);
    heard(request.header("idempotency-key", key).json(&body)).await
}

#[tokio::test]
async fn l3_a_finalisation_that_is_repeated_runs_once_and_answers_as_the_first_time() {
    let world = World::new().await;
    let held = world.held().await;
    let first = keyed(&world, &held, Method::POST, "/finalize", "once", json!({})).await;
    super::worker::finalise(&world.app, held.copy).await;
    let repeat = keyed(&world, &held, Method::POST, "/finalize", "once", json!({})).await;
    assert_eq!((repeat.body(202), repeat.position()), (first.body(202), first.position()));
    let started =
        world.events(held.copy).await.into_iter().filter(|kind| kind == "FinalisationStarted").count();
    assert_eq!(started, 1);
}

#[tokio::test]
async fn l3_every_kind_of_command_repeats_its_first_answer() {
    let world = World::new().await;
    let held = world.held().await;
    let add = || keyed(&world, &held, Method::POST, "/annotations", "add", an_annotation());
    let (first, repeat) = (add().await.body(201), add().await.body(201));
    assert_eq!(first, repeat);
    let one = format!("/annotations/{}", first["id"].as_str().unwrap());
    let change = || keyed(&world, &held, Method::PATCH, &one, "change", json!({"revision": 1, "text": "ok"}));
    assert_eq!(change().await.body(200), change().await.body(200));
    let gone = format!("{one}?revision=2");
    let remove = || keyed(&world, &held, Method::DELETE, &gone, "remove", json!({}));
    assert_eq!((remove().await.status, remove().await.status), (204, 204));
    // The annotation is not there any more, and what was done to it is still known.
    assert_eq!(change().await.body(200)["text"], "ok");
    let release = || keyed(&world, &held, Method::DELETE, "/lock/release", "back", json!({}));
    assert_eq!(release().await.body(200), release().await.body(200));
    let kinds = world.events(held.copy).await;
    assert_eq!(kinds[4..], ["AnnotationAdded", "AnnotationRevised", "AnnotationRemoved", "LockReleased"]);
}

#[tokio::test]
async fn a_repeated_lock_gets_the_same_token_although_no_table_holds_it() {
    let world = World::new().await;
    let copy = world.ready().await;
    let path = format!("/api/copies/{copy}/lock");
    let lock = || {
        heard(world.ask(&world.grader, Method::POST, &path).header("idempotency-key", "l").json(&json!({})))
    };
    let (first, repeat) = (lock().await.body(200), lock().await.body(200));
    assert_eq!(first, repeat);
    let answers: Vec<String> = sqlx::query_scalar("SELECT answer::text FROM commands")
        .fetch_all(world.database.pool())
        .await
        .unwrap();
    let token = first["token"].as_str().unwrap();
    assert!(answers.iter().all(|answer| !answer.contains(token)));
}

#[tokio::test]
async fn the_same_key_with_another_body_or_path_is_422() {
    let world = World::new().await;
    let held = world.held().await;
    let score = |path: &'static str, points: i64| {
        keyed(&world, &held, Method::PUT, path, "a-key", json!({"points": points}))
    };
    score("/scores/1", 1).await.body(200);
    score("/scores/1", 2).await.refused(422, "idempotency_key_reused");
    score("/scores/2", 1).await.refused(422, "idempotency_key_reused");
    score("/scores/1", 1).await.body(200);
    assert_eq!(world.events(held.copy).await.len(), 5);
}

#[tokio::test]
async fn a_key_is_its_callers_own() {
    let world = World::new().await;
    let (mine, exam) = (world.ready().await, world.exam().await);
    let said = world.send_scan(exam, "A-1", "a.pdf").await.body(202);
    let theirs: CopyId = said["id"].as_str().unwrap().parse().unwrap();
    super::worker::import(&world.app, theirs).await;
    world.post(&world.admin, &format!("/api/copies/{theirs}/ready"), json!({})).await.body(200);
    for (who, copy) in [(&world.grader, mine), (&world.other, theirs)] {
        let path = format!("/api/copies/{copy}/lock");
        let request = world.ask(who, Method::POST, &path).header("idempotency-key", "k").json(&json!({}));
        heard(request).await.body(200);
    }
}

/// What held then may hold no more: the exam is archived, the copy is there, and the repeat gets its answer.
#[tokio::test]
async fn a_repeated_import_is_answered_although_it_would_be_refused_now() {
    let world = World::new().await;
    let exam = world.exam().await;
    let send = |scan: Vec<u8>| {
        let form = Form::new().text("anonymous_id", "A-1").part("pdf_file", Part::bytes(scan));
        let path = format!("/api/exams/{exam}/copies/import");
        let request = world.ask(&world.admin, Method::POST, &path).header("idempotency-key", "scan-1");
        heard(request.multipart(form))
    };
    let first = send(vector_mixed_orientation()).await.body(202);
    world.post(&world.admin, &format!("/api/exams/{exam}/archive"), json!({})).await.body(200);
    assert_eq!(send(vector_mixed_orientation()).await.body(202), first);
    let other = [vector_mixed_orientation(), b"%".to_vec()].concat();
    send(other).await.refused(422, "idempotency_key_reused");
}

#[tokio::test]
async fn a_repeated_export_hands_out_the_same_bytes_although_the_copy_was_reopened() {
    let world = World::new().await;
    let copy = world.graded().await;
    let path = format!("/api/copies/{copy}/export");
    for format in ["PDF", "JSON"] {
        let body = json!({"format": format});
        let export = || {
            heard(world.ask(&world.admin, Method::POST, &path).header("idempotency-key", format).json(&body))
        };
        let first = export().await;
        assert_eq!((first.status, export().await.bytes), (200, first.bytes));
    }
    let reopen = format!("/api/copies/{copy}/reopen");
    world.post(&world.admin, &reopen, json!({"reason": "an appeal"})).await.body(200);
    let body = json!({"format": "PDF"});
    let request = world.ask(&world.admin, Method::POST, &path).header("idempotency-key", "PDF").json(&body);
    let repeat = heard(request).await;
    assert!(repeat.status == 200 && repeat.bytes.starts_with(b"%PDF"));
    world.post(&world.admin, &path, body).await.refused(409, "wrong_status");
}

#[tokio::test]
async fn a_key_that_is_none_is_400() {
    let world = World::new().await;
    let request = world.ask(&world.admin, Method::POST, "/api/exams").json(&json!({"code": "A"}));
    let said = heard(request.header("idempotency-key", "x".repeat(129))).await;
    assert_eq!(said.status, 400);
}
