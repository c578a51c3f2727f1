//! A process that goes on running while a later build writes into its ledger.

use domain::ExamId;
use fixtures::scans::tiny_pages;
use http::Method;
use serde_json::{Value, json};

use super::desk::Desk;
use super::place::Place;
use super::process::{Process, run_at, stderr, stdout, unfolded};
use super::seen;
use crate::versions::{LATER, append_as, ships};

/// The views that follow exams.
const OF_EXAMS: [&str; 2] = ["audit_trail", "exams"];

fn view<'a>(said: &'a Value, name: &str) -> &'a Value {
    said["views"].as_array().unwrap().iter().find(|view| view["name"] == name).unwrap()
}

async fn postpone(place: &Place, exam: ExamId) {
    ships(place.pool(), ["Exam", "ExamPostponed", "1"]).await;
    let payload = json!({ "ExamPostponed": { "to": "2027-01-10" } });
    append_as(place.pool(), ("Exam", exam.0), ("ExamPostponed", "1"), payload).await;
}

#[tokio::test]
async fn a_process_older_than_the_ledger_stands_by_says_so_and_is_not_taken_for_broken() {
    let place = Place::new().await;
    let serve = Process::serve(&place, None, &["--limit", "projectors.stuck_after=200ms"]).await;
    let desk = Desk::open(&place.database, serve.address).await;
    let exam = desk.exam().await;
    place.views_caught_up().await;
    postpone(&place, exam).await;
    // What its other views are about goes on.
    let other = desk.post(&desk.admin, "/api/exams", json!({"code": "OTHER"})).await.body(201);
    let copy = desk.send(other["id"].as_str().unwrap().parse().unwrap(), "A-1", tiny_pages(1)).await;
    desk.import_ended(copy).await;

    let unready = seen("the process says that it waits for an upgrade", async || {
        let said = desk.get(&desk.admin, "/api/health/ready").await;
        (said.status == 503).then(|| said.body(503)["checks"][2]["detail"].as_str().unwrap().to_owned())
    })
    .await;
    assert!(unready.contains("waits for an upgrade, at position 4 of "), "{unready}");
    let needs = format!("it needs reader {LATER}, and this process is reader {}", LATER - 1);
    assert!(unready.contains(&needs) && !unready.contains("stopped"), "{unready}");

    let said = desk.get(&desk.admin, "/api/projections").await.body(200);
    let status = run_at(&place, &["status"]).await;
    assert_eq!(status.status.code(), Some(1), "a view needs an operator");
    let screen = stdout(&status);
    for name in OF_EXAMS {
        let view = view(&said, name);
        assert_eq!((&view["state"], &view["needs_reader"]), (&json!("too_old"), &json!(LATER)), "{view}");
        assert_eq!((&view["poison"], &view["leader"]), (&Value::Null, &Value::Null), "{view}");
        let line = screen.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(line.contains(&format!("NEEDS READER {LATER}")), "{screen}");
    }
    assert!(
        unfolded(&screen)
            .contains("nothing is broken: a later version has written events that this one does not know"),
        "{screen}"
    );
    assert_eq!(view(&said, "copies")["state"], "leading");
    let figures = desk.metrics().await;
    assert_eq!(figures.of("projection_stopped{projection=\"exams\"}"), 0.0);

    let drift = run_at(&place, &["drift", "exams", "copies"]).await;
    assert_eq!(
        drift.status.code(),
        Some(2),
        "a view was not looked at: {}{}",
        stdout(&drift),
        stderr(&drift)
    );
    assert!(stdout(&drift).contains(&format!("it needs reader {LATER}")), "{}", stdout(&drift));

    let path = format!("/api/exams/{exam}/archive");
    let refused = desk.hear(desk.ask(&desk.admin, Method::POST, &path).json(&json!({}))).await;
    refused.refused(503, "process_too_old");
    let told: Vec<Value> = serve
        .lines()
        .into_iter()
        .filter(|line| {
            line["message"].as_str().is_some_and(|said| said.contains("it leads the view no more"))
        })
        .collect();
    assert_eq!(told.len(), OF_EXAMS.len(), "once a view: {told:#?}");
    for line in &told {
        let fields = &line["fields"];
        assert_eq!(line["level"], "WARNING", "{line}");
        assert_eq!((&fields["event_type"], &line["position"]), (&json!("ExamPostponed"), &json!(5)));
        assert_eq!((&fields["needs_reader"], &fields["reader"]), (&json!(LATER), &json!(LATER - 1)));
    }
    assert!(serve.interrupt().await.success());
    place.assert_sound().await;
}

// A worker that cannot read the exam must not record that the copy could not be finalised.
#[tokio::test]
async fn a_worker_leaves_what_it_is_too_old_to_read_and_records_no_failure() {
    let place = Place::new().await;
    let serve = Process::serve(&place, None, &["--limit", "work.lease=300ms"]).await;
    let desk = Desk::open(&place.database, serve.address).await;
    let exam = desk.exam().await;
    let copy = desk.ready(exam, "A-1", 1).await;
    // An admin's: whether a grader may mark is asked of the exam, which this process cannot read any more.
    let lock = desk.post(&desk.admin, &format!("/api/copies/{copy}/lock"), json!({})).await.body(200);
    postpone(&place, exam).await;
    let path = format!("/api/copies/{copy}/finalize");
    let token = lock["token"].as_str().unwrap();
    let asked = desk.ask(&desk.admin, Method::POST, &path).header("x-lock-token", token);
    desk.hear(asked.json(&json!({}))).await.body(202);
    // More often than a claim may be begun before its failure is recorded.
    seen("the work was left five times", async || {
        let left = |said: &&String| said.contains("left to a process of a later version");
        (serve.messages().iter().filter(left).count() >= 5).then_some(())
    })
    .await;
    let types = place.types(copy).await;
    assert_eq!(types.last().map(String::as_str), Some("FinalisationStarted"), "{types:?}");
    assert!(place.claims(copy).await <= 2, "leaving is no attempt");
    assert!(serve.interrupt().await.success());
}
