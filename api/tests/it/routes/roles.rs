//! Who may do what.

use gradeledger::http::Action;
use http::Method;
use serde_json::json;
use uuid::Uuid;

use super::world::{World, heard};

/// Each request of a role that may not is refused before anything is looked at: the ids name nothing.
#[tokio::test]
async fn a_role_that_may_not_is_refused_on_every_route() {
    let world = World::new().await;
    let (exam, copy, other) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let administers = [
        (Method::POST, "/api/exams".to_owned()),
        (Method::POST, format!("/api/exams/{exam}/scheme")),
        (Method::POST, format!("/api/exams/{exam}/graders")),
        (Method::DELETE, format!("/api/exams/{exam}/graders/{other}")),
        (Method::POST, format!("/api/exams/{exam}/archive")),
        (Method::POST, format!("/api/exams/{exam}/release")),
        (Method::POST, format!("/api/exams/{exam}/withdraw")),
        (Method::POST, format!("/api/exams/{exam}/copies/import?anonymous_id=A")),
        (Method::POST, format!("/api/copies/{copy}/ready")),
        (Method::POST, format!("/api/copies/{copy}/import/retry")),
        (Method::POST, format!("/api/copies/{copy}/finalize/retry")),
        (Method::POST, format!("/api/copies/{copy}/void")),
        (Method::POST, format!("/api/copies/{copy}/lock/force-release")),
        (Method::POST, format!("/api/copies/{copy}/export")),
        (Method::POST, format!("/api/copies/{copy}/correct")),
        (Method::POST, format!("/api/copies/{copy}/reopen")),
        (Method::POST, "/api/projections/copies/retry".to_owned()),
        (Method::POST, "/api/projections/copies/park".to_owned()),
        (Method::POST, "/api/projections/copies/unpark".to_owned()),
    ];
    let marks = [
        (Method::POST, format!("/api/copies/{copy}/lock")),
        (Method::POST, format!("/api/copies/{copy}/lock/heartbeat")),
        (Method::DELETE, format!("/api/copies/{copy}/lock/release")),
        (Method::POST, format!("/api/copies/{copy}/annotations")),
        (Method::PATCH, format!("/api/copies/{copy}/annotations/{other}")),
        (Method::DELETE, format!("/api/copies/{copy}/annotations/{other}?revision=1")),
        (Method::PUT, format!("/api/copies/{copy}/scores/1")),
        (Method::PUT, format!("/api/copies/{copy}/remarks/1")),
        (Method::PUT, format!("/api/copies/{copy}/appreciation")),
        (Method::POST, format!("/api/copies/{copy}/finalize")),
    ];
    for (method, path) in &administers {
        for who in [&world.grader, &world.auditor] {
            heard(world.ask(who, method.clone(), path).json(&json!({}))).await.refused(403, "role_forbidden");
        }
    }
    for (method, path) in &marks {
        heard(world.ask(&world.auditor, method.clone(), path).json(&json!({})))
            .await
            .refused(403, "role_forbidden");
    }
    let writes =
        world.routes().into_iter().filter(|action| matches!(action, Action::Administer | Action::Mark));
    assert_eq!(writes.count(), administers.len() + marks.len(), "a route that this test does not know");
}

/// Whoever may write meets 404, not 403, where there is nothing.
#[tokio::test]
async fn a_copy_that_is_not_there_is_404_for_those_who_may() {
    let world = World::new().await;
    let copy = Uuid::now_v7();
    let path = |rest: &str| format!("/api/copies/{copy}{rest}");
    world.post(&world.grader, &path("/lock"), json!({})).await.refused(404, "not_found");
    world.post(&world.admin, &path("/ready"), json!({})).await.refused(404, "not_found");
    world.post(&world.admin, &path("/export"), json!({"format": "PDF"})).await.refused(404, "not_found");
    for rest in
        ["", "/audit", "/history", "/history/diff?from=1", "/lock/status", "/annotations", "/final-pdf"]
    {
        world.get(&world.auditor, &path(rest)).await.refused(404, "not_found");
    }
}
