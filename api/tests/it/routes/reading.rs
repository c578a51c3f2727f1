//! Reading one's own writes, and how far the views are.

use std::time::Duration;

use gradeledger::limits::HttpLimits;
use http::Method;
use serde_json::json;
use uuid::Uuid;

use super::world::{World, heard};

/// A world whose views stand still, and whose readers have little patience.
async fn standing_still() -> World {
    let patience = Duration::from_millis(50);
    World::without_projectors(HttpLimits { read_your_writes: patience, ..HttpLimits::default() }).await
}

#[tokio::test]
async fn a_reader_that_names_a_position_gets_it_or_the_lag() {
    let world = standing_still().await;
    let created = world.post(&world.admin, "/api/exams", json!({"code": "A"})).await;
    let request = world.ask(&world.admin, Method::GET, created.header("location"));
    let behind = heard(request.header("ledger-position", created.position())).await;
    let behind = behind.refused(504, "view_behind");
    assert_eq!((&behind["view"], &behind["lag_events"]), (&json!("exams"), &json!(1)));
}

#[tokio::test]
async fn nothing_is_said_to_be_absent_before_the_head_was_reached() {
    let world = standing_still().await;
    let created = world.post(&world.admin, "/api/exams", json!({"code": "A"})).await;
    world.get(&world.admin, created.header("location")).await.refused(504, "view_behind");
    world.get(&world.admin, &format!("/api/copies/{}", Uuid::now_v7())).await.refused(504, "view_behind");
}

#[tokio::test]
async fn a_position_that_the_ledger_never_gave_is_another_history() {
    let world = standing_still().await;
    let request = world.ask(&world.admin, Method::GET, "/api/exams").header("ledger-position", 7);
    heard(request).await.refused(409, "other_epoch");
}

#[tokio::test]
async fn a_write_is_answered_whether_or_not_the_views_move() {
    let world = standing_still().await;
    let copy = world.ready().await;
    let held = world.lock(&world.grader, copy).await;
    assert_eq!(world.mark(&held, Method::PUT, "/scores/1", json!({"points": 3})).await.body(200)["total"], 3);
}

#[tokio::test]
async fn every_view_says_how_far_it_is() {
    let world = World::new().await;
    let created = world.post(&world.admin, "/api/exams", json!({"code": "A"})).await;
    let request = world.ask(&world.auditor, Method::GET, "/api/exams");
    heard(request.header("ledger-position", created.position())).await.body(200);
    let said = world.get(&world.auditor, "/api/projections").await.body(200);
    assert_eq!(said["head"], created.position());
    assert_eq!(said["epoch"], json!(world.app.ledger.epoch().await.unwrap()));
    let exams = said["views"].as_array().unwrap().iter().find(|view| view["name"] == "exams").unwrap();
    assert_eq!((&exams["lag_events"], &exams["poison"]), (&json!(0), &json!(null)));
}
