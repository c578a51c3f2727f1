//! One request id, and one trace, from the request that begins something to all that follows from it, through the program as
//! an operator runs it.

use std::fs;
use std::path::Path;

use domain::CopyId;
use fixtures::scans;
use http::Method;
use serde_json::{Value, json};

use super::desk::Desk;
use super::place::Place;
use super::process::{Process, lines};
use super::seen;

const REQUEST: &str = "front-end.2026-11_import-7";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

fn traceparent() -> String {
    format!("00-{TRACE}-{SPAN}-01")
}

fn import(desk: &Desk, exam: domain::ExamId, anonymous_id: &str, scan: Vec<u8>) -> reqwest::RequestBuilder {
    let path = format!("/api/exams/{exam}/copies/import?anonymous_id={anonymous_id}");
    let request =
        desk.ask(&desk.admin, Method::POST, &path).header("content-type", "application/pdf").body(scan);
    request.header("x-request-id", REQUEST).header("traceparent", traceparent())
}

/// Lines of one of the files, those of the request alone.
fn of_request(folder: &Path, log: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder.join(log)).unwrap();
    lines(&text).into_iter().filter(|line| line["request_id"] == REQUEST).collect()
}

/// Metadata and types of a copy's events, in order.
async fn metadata(place: &Place, copy: CopyId) -> Vec<(String, Value)> {
    sqlx::query_as("SELECT event_type, metadata FROM events WHERE aggregate_id = $1 ORDER BY position")
        .bind(copy.to_string())
        .fetch_all(place.pool())
        .await
        .unwrap()
}

/// The first line of which something holds; what is logged is written a moment later.
async fn line_where(process: &Process, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    seen(what, async || process.lines().into_iter().find(&holds)).await
}

/// The command line of a child that works for the request, if there is one now.
fn child(process: &Process) -> Option<String> {
    process.children().into_iter().find_map(|pid| {
        let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let command = String::from_utf8(command).unwrap().replace('\0', " ");
        command.contains(" pdf-worker ").then_some(command)
    })
}

#[tokio::test]
async fn the_request_id_and_trace_of_an_import_are_found_at_every_stage_that_follows_from_it() {
    let place = Place::new().await;
    let logs = place.folder.path().join("logs");
    let folder = logs.to_str().unwrap();
    // The children are told at DEBUG: they are the parent's lines, in the span of the work.
    let arguments = ["--log-dir", folder, "--log", "info,gradeledger::pdf=debug"];
    let process = Process::serve_logging_to(&place, &logs, &arguments).await;
    let desk = Desk::open(&place.database, process.address).await;
    let exam = desk.exam().await;

    let said = desk.hear(import(&desk, exam, "A-1", scans::tiny_pages(200))).await;
    assert_eq!(said.headers["x-request-id"], REQUEST);
    let copy: CopyId = said.body(202)["id"].as_str().unwrap().parse().unwrap();
    let command = seen("a child works for the request", async || child(&process)).await;
    assert!(command.contains(&format!(" --request-id={REQUEST} ")), "{command}");
    assert!(command.trim_end().ends_with(&format!("--traceparent={}", traceparent())), "{command}");
    assert_eq!(desk.import_ended(copy).await["import"]["state"], "done");

    let told = metadata(&place, copy).await;
    assert_eq!(
        told.iter().map(|(of, _)| of.as_str()).collect::<Vec<_>>(),
        ["CopyImportRequested", "CopyImported"]
    );
    for (event, metadata) in &told {
        let found = (&metadata["request_id"], &metadata["traceparent"]);
        assert_eq!(found, (&json!(REQUEST), &json!(traceparent())), "{event}");
    }
    let trail = desk.trail(copy).await;
    assert_eq!(trail.len(), 2);
    for line in &trail {
        assert_eq!((&line["request_id"], &line["traceparent"]), (&json!(REQUEST), &json!(traceparent())));
    }
    let path = format!("/api/events?copy={copy}");
    for event in desk.get(&desk.auditor, &path).await.body(200)["items"].as_array().unwrap() {
        assert_eq!((&event["requestid"], &event["traceparent"]), (&json!(REQUEST), &json!(traceparent())));
    }

    assert!(process.interrupt().await.success());
    let ledger = of_request(&logs, "ledger.log");
    for (message, position) in [
        ("POST /api/exams/{exam}/copies/import 202", trail[0]["position"].clone()),
        ("a PDF process works", trail[0]["position"].clone()),
        ("a PDF process ended", trail[0]["position"].clone()),
        ("the scan was imported", trail[1]["position"].clone()),
    ] {
        let line =
            ledger.iter().find(|line| line["message"] == message).unwrap_or_else(|| panic!("no {message}"));
        assert_eq!((&line["trace_id"], &line["span_id"]), (&json!(TRACE), &json!(SPAN)), "{line}");
        assert_eq!(line["position"], position, "{line}");
        assert_eq!(line["copy_id"], json!(copy), "{line}");
    }
    let audit = of_request(&logs, "audit.log");
    assert_eq!(audit.len(), 1);
    assert_eq!((&audit[0]["trace_id"], &audit[0]["user_id"]), (&json!(TRACE), &json!(desk.admin.id)));
    assert_eq!((&audit[0]["copy_id"], &audit[0]["position"]), (&json!(copy), &trail[0]["position"]));
    place.assert_sound().await;
}

#[tokio::test]
async fn an_import_that_fails_and_a_request_that_is_refused_are_found_by_their_id_as_well() {
    let place = Place::new().await;
    let process = Process::serve(&place, None, &[]).await;
    let desk = Desk::open(&place.database, process.address).await;
    let exam = desk.exam().await;
    let said = desk.hear(import(&desk, exam, "A-1", scans::damaged())).await;
    let copy: CopyId = said.body(202)["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(desk.import_ended(copy).await["import"]["state"], "failed");
    let (event, metadata) = metadata(&place, copy).await.remove(1);
    assert_eq!((event.as_str(), &metadata["request_id"]), ("CopyImportFailed", &json!(REQUEST)));
    let failed =
        line_where(&process, "a failure", |line| line["fields"]["error_type"] == "invalid_pdf").await;
    assert_eq!((&failed["level"], &failed["request_id"]), (&json!("ERROR"), &json!(REQUEST)));
    assert_eq!((&failed["trace_id"], &failed["copy_id"]), (&json!(TRACE), &json!(copy)));
    assert!(failed["fields"]["cause"].is_string(), "{failed}");

    // The same anonymous id once more.
    let refused = desk.hear(import(&desk, exam, "A-1", scans::damaged())).await;
    assert_eq!(refused.headers["x-request-id"], REQUEST);
    assert_eq!(refused.body(409)["request_id"], REQUEST);
    let nobody = desk.bare(Method::GET, "/api/exams").header("x-request-id", REQUEST);
    assert_eq!(desk.hear(nobody).await.body(401)["request_id"], REQUEST);
    assert!(process.interrupt().await.success());
}

#[tokio::test]
async fn every_attempt_of_a_finalisation_that_workers_start_again_is_of_the_request_that_asked_for_it() {
    let place = Place::new().await;
    let office = place.service().await;
    let desk = &office.desk;
    let held = desk.held(desk.exam().await, "A-1", 1).await;
    let source = desk.copy(held.copy).await["source"]["sha256"].as_str().unwrap().to_owned();
    fs::remove_file(place.blobs().join(held.copy.to_string()).join(source)).unwrap();
    let path = format!("/api/copies/{}/finalize", held.copy);
    let request = desk.ask(&desk.grader, Method::POST, &path).header("x-lock-token", &held.token);
    let request = request.header("x-request-id", REQUEST).header("traceparent", traceparent());
    let failed = desk.hear(request.header("prefer", "wait=60").json(&json!({}))).await.body(200);
    assert_eq!(failed["finalisation"]["attempt"], 3);
    let told = metadata(&place, held.copy).await;
    let attempts: Vec<_> = told.iter().filter(|(of, _)| of.starts_with("Finalisation")).collect();
    assert_eq!(attempts.len(), 6, "{attempts:?}");
    for (event, metadata) in attempts {
        let found = (&metadata["request_id"], &metadata["traceparent"]);
        assert_eq!(found, (&json!(REQUEST), &json!(traceparent())), "{event}");
    }
    office.stop().await;
}

#[tokio::test]
async fn the_end_of_a_lease_that_a_later_command_finds_is_that_command_s() {
    let place = Place::new().await;
    // Nobody but the next command looks for ended leases.
    let process = Process::serve(&place, None, &["--limit", "work.expiry_poll=1h"]).await;
    let desk = Desk::open(&place.database, process.address).await;
    let copy = desk.ready(desk.exam().await, "A-1", 1).await;
    desk.lock(copy, 1).await;
    let lock = || {
        let path = format!("/api/copies/{copy}/lock");
        let request = desk.ask(&desk.other, Method::POST, &path).json(&json!({"ttl_seconds": 60}));
        request.header("x-request-id", REQUEST).header("traceparent", traceparent())
    };
    seen("the lease is over", async || (desk.hear(lock()).await.status == 200).then_some(())).await;
    let told = metadata(&place, copy).await;
    for event in ["LockExpired", "LockAcquired"] {
        let (_, metadata) = told.iter().rfind(|(of, _)| of == event).unwrap();
        let found = (&metadata["request_id"], &metadata["traceparent"]);
        assert_eq!(found, (&json!(REQUEST), &json!(traceparent())), "{event}");
    }
    let over = "a lease was over, and its end is recorded";
    let line = line_where(&process, over, |line| line["message"] == over).await;
    assert_eq!((&line["request_id"], &line["copy_id"]), (&json!(REQUEST), &json!(copy)));
    assert!(process.interrupt().await.success());
}

#[tokio::test]
async fn ids_that_could_forge_a_line_are_replaced_and_a_trace_that_is_not_valid_is_passed_over() {
    let place = Place::new().await;
    let process = Process::serve(&place, None, &[]).await;
    let desk = Desk::open(&place.database, process.address).await;
    let hostile: [&[u8]; 5] =
        [b"x\"} {\"level\":\"CRITICAL\"", "é".as_bytes(), b"a b", b"\xff\x9b31m", &[b'x'; 129]];
    for sent in hostile {
        let sent = http::HeaderValue::from_bytes(sent).unwrap();
        let request = desk.ask(&desk.admin, Method::GET, "/api/exams");
        let said = desk.hear(request.header("x-request-id", sent.clone()).header("traceparent", sent)).await;
        assert_eq!(said.status, 200);
        let id = said.headers["x-request-id"].to_str().unwrap();
        assert_eq!(uuid::Uuid::parse_str(id).unwrap().get_version_num(), 7);
        let line = line_where(&process, "the request's line", |line| line["request_id"] == id).await;
        assert!(line.get("trace_id").is_none() && line.get("span_id").is_none(), "{line}");
    }
    assert!(process.lines().iter().all(|line| line["level"] == "INFO"), "{:?}", process.lines());
    assert!(process.interrupt().await.success());
}
