//! A database that waits for somebody.

use futures::future::join_all;
use serde_json::json;

use super::Night;
use crate::whole::desk::Desk;

const SCENARIO: &str = "High latency";
const ACTION: &str = "End the session";

/// Clients who want something written, again and again.
async fn clients(desk: &Desk) {
    join_all((0..4).map(async |client| {
        for turn in 0.. {
            let code = format!("EXAM-{client}-{turn}");
            desk.post(&desk.admin, "/api/exams", json!({"code": code})).await;
        }
    }))
    .await;
}

/// Follows the page while the clients go on.
async fn follows(night: &mut Night) {
    let Night { desk, operator, .. } = night;
    tokio::select! {
        _ = operator.follows(SCENARIO, ACTION) => {}
        () = clients(desk) => unreachable!("they go on for ever"),
    }
    desk.post(&desk.admin, "/api/exams", json!({"code": "AFTERWARDS"})).await.body(201);
    night.place.views_caught_up().await;
}

#[tokio::test]
async fn a_session_that_holds_the_head_is_found_out_and_ended() {
    let Some(mut night) = Night::begins(&[]).await else { return };
    let held = night.place.hold_head().await;
    follows(&mut night).await;
    held.rollback().await.unwrap_err();
    night.place.assert_sound().await;
}

#[tokio::test]
async fn a_session_that_holds_a_view_is_found_out_and_ended() {
    let Some(mut night) = Night::begins(&[]).await else { return };
    let mut held = night.place.pool().begin().await.unwrap();
    sqlx::query("LOCK TABLE exams_v2 IN ACCESS EXCLUSIVE MODE").execute(&mut *held).await.unwrap();
    follows(&mut night).await;
    held.rollback().await.unwrap_err();
}
