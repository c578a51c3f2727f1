//! `/api/exams`.

use http::Method;
use insta::assert_json_snapshot;
use serde_json::json;
use uuid::Uuid;

use super::world::{World, heard, without};
use crate::versions::{append_as, ships};

#[tokio::test]
async fn an_exam_is_created_and_read_back_as_it_was_answered() {
    let world = World::new().await;
    let created = world.post(&world.admin, "/api/exams", json!({"code": "MATHS-2026"})).await;
    let exam = created.body(201);
    let path = created.header("location").to_owned();
    assert_eq!(path, format!("/api/exams/{}", exam["id"].as_str().unwrap()));
    let scheme = json!({"questions": [{"id": "1.a", "maximum": 2.5}, {"id": "1.b", "maximum": 10}]});
    world.post(&world.admin, &format!("{path}/scheme"), scheme).await.body(200);
    world
        .post(&world.admin, &format!("{path}/graders"), json!({"grader_id": world.other.id}))
        .await
        .body(200);
    let enrol = json!({"grader_id": world.grader.id, "duty": "LEAD"});
    let written = world.post(&world.admin, &format!("{path}/graders"), enrol).await;
    let seen = written.position().to_string();
    let request = world.ask(&world.auditor, Method::GET, &path).header("ledger-position", seen);
    let read = heard(request).await.body(200);
    assert_eq!(read, written.body(200));
    assert_eq!((read["graders"].as_array().unwrap().len(), &read["leads"]), (2, &json!([world.grader.id])));
    assert_json_snapshot!(without(read, &["/id", "/graders/0", "/graders/1", "/leads/0"]));
}

#[tokio::test]
async fn a_grader_is_enrolled_once_and_removed_once() {
    let world = World::new().await;
    let path = format!("/api/exams/{}/graders", world.exam().await);
    let again = json!({"grader_id": world.grader.id});
    world.post(&world.admin, &path, again).await.refused(409, "enrolled");
    let as_lead = json!({"grader_id": world.grader.id, "duty": "LEAD"});
    world.post(&world.admin, &path, as_lead).await.refused(409, "enrolled");
    let as_nobody = json!({"grader_id": Uuid::now_v7()});
    world.post(&world.admin, &path, as_nobody).await.refused(422, "no_such_actor");
    let as_judge = json!({"grader_id": Uuid::now_v7(), "duty": "JUDGE"});
    world.post(&world.admin, &path, as_judge).await.refused(400, "invalid_json");
    let one = format!("{path}/{}", world.grader.id);
    let left = world.delete(&world.admin, &one).await.body(200);
    assert_eq!(left["graders"], json!([world.other.id]));
    world.delete(&world.admin, &one).await.refused(404, "not_found");
}

#[tokio::test]
async fn what_is_no_scheme_is_refused_with_what_is_wrong() {
    let world = World::new().await;
    let path = format!("/api/exams/{}/scheme", world.exam().await);
    for (questions, status, code) in [
        (json!([]), 422, "question_count"),
        (json!([{"id": "1", "maximum": 1}, {"id": "1", "maximum": 2}]), 422, "question_twice"),
        (json!([{"id": "1", "maximum": 0}]), 422, "question_maximum"),
        (json!([{"id": "1", "maximum": -1}]), 422, "question_maximum"),
        (json!([{"id": "1", "maximum": 0.125}]), 400, "invalid_json"),
        (json!([{"id": "1", "maximum": "10"}]), 400, "invalid_json"),
        (json!([{"id": "", "maximum": 10}]), 400, "invalid_json"),
        (json!([{"id": "1", "maximum": 10, "bonus": true}]), 400, "invalid_json"),
    ] {
        let refused = world.post(&world.admin, &path, json!({"questions": questions})).await;
        refused.refused(status, code);
    }
}

#[tokio::test]
async fn an_archived_exam_takes_nothing_more() {
    let world = World::new().await;
    let exam = world.exam().await;
    let path = format!("/api/exams/{exam}");
    let archived = world.post(&world.admin, &format!("{path}/archive"), json!({})).await.body(200);
    assert_eq!(archived["status"], "archived");
    let late = world.send_scan(exam, "A-1", "late.pdf").await;
    assert_eq!(late.refused(409, "archived")["current_sequence"], archived["sequence"]);
    let enrol = json!({"grader_id": world.other.id});
    world.post(&world.admin, &format!("{path}/graders"), enrol).await.refused(409, "archived");
}

#[tokio::test]
async fn results_are_released_and_withdrawn_each_once_and_both_stand_in_the_stream() {
    let world = World::new().await;
    let exam = world.exam().await;
    let path = format!("/api/exams/{exam}");
    let ask = async |what: &str| world.post(&world.admin, &format!("{path}/{what}"), json!({})).await;
    ask("withdraw").await.refused(409, "not_released");
    assert_eq!(ask("release").await.body(200)["released"], true);
    ask("release").await.refused(409, "released");
    // An archived exam's results may still be taken back.
    ask("archive").await.body(200);
    let withdrawn = ask("withdraw").await.body(200);
    assert_eq!((&withdrawn["released"], &withdrawn["status"]), (&json!(false), &json!("archived")));
}

#[tokio::test]
async fn an_exam_that_is_not_there_is_404() {
    let world = World::new().await;
    let path = format!("/api/exams/{}", Uuid::now_v7());
    world.get(&world.auditor, &path).await.refused(404, "not_found");
    world.get(&world.auditor, &format!("{path}/copies")).await.refused(404, "not_found");
    world.post(&world.admin, &format!("{path}/archive"), json!({})).await.refused(404, "not_found");
    world.get(&world.auditor, "/api/exams/MATHS-2026").await.refused(404, "not_found");
}

#[tokio::test]
async fn a_list_is_read_page_by_page_and_a_cursor_of_another_history_is_refused() {
    let world = World::new().await;
    let mut made = Vec::new();
    let mut seen = 0;
    for code in ["A", "B", "C"] {
        let created = world.post(&world.admin, "/api/exams", json!({"code": code})).await;
        made.push(created.body(201)["id"].clone());
        seen = created.position();
    }
    let first = world.ask(&world.auditor, Method::GET, "/api/exams?limit=2");
    let first = heard(first.header("ledger-position", seen)).await.body(200);
    let cursor = first["next"].as_str().unwrap();
    let rest = world.get(&world.auditor, &format!("/api/exams?limit=2&cursor={cursor}")).await.body(200);
    assert!(rest["next"].is_null());
    let ids = |page: &serde_json::Value| -> Vec<_> {
        page["items"].as_array().unwrap().iter().map(|exam| exam["id"].clone()).collect()
    };
    assert_eq!([ids(&first), ids(&rest)].concat(), made);
    let foreign = format!("/api/exams?cursor={}.1", Uuid::now_v7().simple());
    world.get(&world.auditor, &foreign).await.refused(409, "other_epoch");
    for query in ["cursor=2", "limit=0", "limit=201", "page=1", "limit=two"] {
        let refused = world.get(&world.auditor, &format!("/api/exams?{query}")).await;
        assert_eq!(refused.status, 400, "{query}");
    }
}

#[tokio::test]
async fn a_scheme_that_was_pinned_stays_whatever_is_published_later() {
    let world = World::new().await;
    let copy = world.ready().await;
    let path = format!("/api/copies/{copy}");
    let exam: domain::ExamId =
        world.get(&world.admin, &path).await.body(200)["exam_id"].as_str().unwrap().parse().unwrap();
    world.publish(exam, json!([{"id": "9", "maximum": 1}])).await;
    let held = world.lock(&world.grader, copy).await;
    world.mark(&held, Method::PUT, "/scores/1", json!({"points": 10})).await.body(200);
    let other = world.mark(&held, Method::PUT, "/scores/9", json!({"points": 1})).await;
    other.refused(422, "no_such_question");
}

#[tokio::test]
async fn what_a_later_build_wrote_is_answered_with_503_and_what_to_do() {
    let world = World::new().await;
    let copy = world.ready().await;
    let shown = world.get(&world.admin, &format!("/api/copies/{copy}")).await.body(200);
    let exam: Uuid = shown["exam_id"].as_str().unwrap().parse().unwrap();
    let pool = world.database.pool();
    for (stream, event_type) in [(("Exam", exam), "ExamPostponed"), (("ExamCopy", copy.0), "CopyStapled")] {
        ships(pool, [stream.0, event_type, "1"]).await;
        append_as(pool, stream, (event_type, "1"), json!({ event_type: {} })).await;
    }
    let enrol = json!({"grader_id": world.other.id});
    for said in [
        world.post(&world.admin, &format!("/api/exams/{exam}/graders"), enrol).await,
        world.post(&world.grader, &format!("/api/copies/{copy}/lock"), json!({})).await,
        world.get(&world.auditor, &format!("/api/copies/{copy}/history")).await,
        world.get(&world.auditor, &format!("/api/copies/{copy}/history/diff?from=1&to=4")).await,
    ] {
        let refused = said.refused(503, "process_too_old");
        assert!(refused["detail"].as_str().unwrap().contains("older than the ledger"), "{refused}");
        assert_eq!(said.header("retry-after"), "10");
    }
    // What it can read it still answers.
    let before = world.get(&world.auditor, &format!("/api/copies/{copy}/history?at_sequence=3")).await;
    assert_eq!(before.body(200)["copy"]["status"], "READY");
    world.exam().await;
}
