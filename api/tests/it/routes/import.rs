//! `POST /api/exams/{exam}/copies/import`, `…/ready` and `…/void`.

use domain::{CopyId, Digest};
use fixtures::scans::vector_mixed_orientation;
use http::Method;
use insta::assert_json_snapshot;
use reqwest::multipart::{Form, Part};
use serde_json::json;
use uuid::Uuid;

use super::world::{World, heard, without};

#[tokio::test]
async fn a_scan_is_accepted_and_stored_before_any_worker_reads_it() {
    let world = World::new().await;
    let exam = world.exam().await;
    let said = world.send_scan(exam, "A-17", "Anna Müller.pdf").await;
    let answer = said.body(202);
    let copy = CopyId::of(exam, &"A-17".parse().unwrap());
    assert_eq!(answer["id"], copy.to_string());
    assert_eq!(said.header("location"), format!("/api/copies/{copy}"));
    assert_json_snapshot!(without(answer, &["/id", "/exam_id", "/source/sha256"]));
    let scan = vector_mixed_orientation();
    let stored = world.app.blobs.get(copy, Digest::of(&scan)).await.unwrap();
    assert_eq!(stored, scan);
    let file = world.folder.path().join(format!("{copy}/{}", Digest::of(&scan)));
    let bytes = std::fs::read(file).unwrap();
    assert!(!bytes.windows(4).any(|four| four == b"%PDF"), "a scan lies encrypted");
}

#[tokio::test]
async fn a_bare_pdf_names_its_copy_in_the_address() {
    let world = World::new().await;
    let exam = world.exam().await;
    let path = format!("/api/exams/{exam}/copies/import");
    let send = |query: &str| {
        let request = world.ask(&world.admin, Method::POST, &format!("{path}{query}"));
        heard(request.header("content-type", "application/pdf").body(vector_mixed_orientation()))
    };
    send("").await.refused(400, "anonymous_id_missing");
    send("?anonymous_id=Anna%20M").await.refused(400, "invalid_anonymous_id");
    assert_eq!(send("?anonymous_id=A-18&filename=a.pdf").await.body(202)["anonymous_id"], "A-18");
}

#[tokio::test]
async fn what_is_no_scan_is_refused_with_what_to_do() {
    let world = World::new().await;
    let exam = world.exam().await;
    let path = format!("/api/exams/{exam}/copies/import");
    let send = |kind: &'static str, body: Vec<u8>| {
        let request = world.ask(&world.admin, Method::POST, &format!("{path}?anonymous_id=A-1"));
        heard(request.header("content-type", kind).body(body))
    };
    send("application/pdf", Vec::new()).await.refused(400, "empty_body");
    send("application/pdf", b"GIF89a".to_vec()).await.refused(400, "not_a_pdf");
    send("text/plain", b"%PDF-1.7".to_vec()).await.refused(415, "unsupported_media_type");
    send("application/pdf", vec![b' '; 50_000_001]).await.refused(413, "pdf_too_large");
    let form = Form::new().text("anonymous_id", "A-1").text("name", "Anna");
    let form = form.part("pdf_file", Part::bytes(vector_mixed_orientation()));
    heard(world.ask(&world.admin, Method::POST, &path).multipart(form)).await.refused(400, "invalid_form");
    let nowhere = format!("/api/exams/{}/copies/import?anonymous_id=A-1", Uuid::now_v7());
    let request = world.ask(&world.admin, Method::POST, &nowhere);
    let request = request.header("content-type", "application/pdf").body(vector_mixed_orientation());
    heard(request).await.refused(404, "not_found");
    let events: i64 = sqlx::query_scalar("SELECT count(*) FROM events WHERE aggregate_type = 'ExamCopy'")
        .fetch_one(world.database.pool())
        .await
        .unwrap();
    assert_eq!(events, 0);
}

#[tokio::test]
async fn an_anonymous_id_is_taken_once_in_an_exam() {
    let world = World::new().await;
    let exam = world.exam().await;
    world.send_scan(exam, "A-1", "one.pdf").await.body(202);
    let again = world.send_scan(exam, "A-1", "two.pdf").await;
    assert_eq!(again.refused(409, "anonymous_id_taken")["current_sequence"], 1);
    let elsewhere = world.exam().await;
    world.send_scan(elsewhere, "A-1", "one.pdf").await.body(202);
}

/// Sealed texts: the name of a file is a student's, often enough.
#[tokio::test]
async fn the_name_of_a_file_stands_in_no_table_of_the_ledger() {
    let world = World::new().await;
    let exam = world.exam().await;
    let name = "Zoë-Quetzalcoatl.pdf";
    world.send_scan(exam, "A-1", name).await.body(202);
    for table in ["events", "commands", "vault"] {
        let rows: Vec<String> =
            sqlx::query_scalar(&format!("SELECT row_to_json({table})::text FROM {table}"))
                .fetch_all(world.database.pool())
                .await
                .unwrap();
        assert!(!rows.is_empty(), "{table}");
        let hex: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(rows.iter().all(|row| !row.contains("Quetzalcoatl") && !row.contains(&hex)), "{table}");
    }
}

#[tokio::test]
async fn a_copy_is_marked_only_after_its_import_and_by_a_scheme() {
    let world = World::new().await;
    let copy = world.requested().await;
    let ready = format!("/api/copies/{copy}/ready");
    world.post(&world.admin, &ready, json!({})).await.refused(409, "not_imported");
    let lock = world.post(&world.grader, &format!("/api/copies/{copy}/lock"), json!({})).await;
    lock.refused(409, "wrong_status");
    super::worker::import(&world.app, copy).await;
    assert_eq!(world.post(&world.admin, &ready, json!({})).await.body(200)["status"], "READY");
    world.post(&world.admin, &ready, json!({})).await.refused(409, "wrong_status");
    let bare = world.post(&world.admin, "/api/exams", json!({"code": "NO-SCHEME"})).await.body(201);
    let exam = bare["id"].as_str().unwrap().parse().unwrap();
    let other: CopyId =
        world.send_scan(exam, "A-1", "x.pdf").await.body(202)["id"].as_str().unwrap().parse().unwrap();
    super::worker::import(&world.app, other).await;
    let ready = format!("/api/copies/{other}/ready");
    world.post(&world.admin, &ready, json!({})).await.refused(409, "no_scheme");
}

#[tokio::test]
async fn a_voided_copy_says_why_and_accepts_nothing_more() {
    let world = World::new().await;
    let copy = world.ready().await;
    let path = format!("/api/copies/{copy}/void");
    let itself = json!({"reason": "twice", "replaced_by": copy});
    world.post(&world.admin, &path, itself).await.refused(422, "replaced_by_itself");
    let nobody = json!({"reason": "twice", "replaced_by": Uuid::now_v7()});
    world.post(&world.admin, &path, nobody).await.refused(422, "no_such_replacement");
    world.post(&world.admin, &path, json!({})).await.refused(400, "invalid_json");
    world.post(&world.admin, &path, json!({"reason": "  "})).await.refused(400, "invalid_json");
    let voided = world.post(&world.admin, &path, json!({"reason": "scanned twice"})).await.body(200);
    assert_eq!((&voided["status"], &voided["voided"]["reason"]), (&json!("VOIDED"), &json!("scanned twice")));
    world.post(&world.admin, &path, json!({"reason": "again"})).await.refused(409, "voided");
    let lock = world.post(&world.grader, &format!("/api/copies/{copy}/lock"), json!({})).await;
    lock.refused(409, "voided");
}
