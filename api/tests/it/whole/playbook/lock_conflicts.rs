//! Locks that nobody gives back.

use http::Method;
use serde_json::json;

use super::Night;

const SCENARIO: &str = "Lock conflicts";
const ACTION: &str = "Take the lock away";

#[tokio::test]
async fn a_lock_of_a_grader_who_is_gone_is_found_out_and_taken_away() {
    let Some(mut night) = Night::begins(&[]).await else { return };
    let desk = &night.desk;
    let copy = desk.held(desk.exam().await, "A-1", 1).await.copy;
    let path = format!("/api/copies/{copy}/lock");
    desk.post(&desk.other, &path, json!({})).await.refused(409, "already_locked");
    night.place.views_caught_up().await;
    night.operator.knows("COPY", &copy.to_string()).await;
    night.operator.follows(SCENARIO, ACTION).await;
    desk.post(&desk.other, &path, json!({})).await.body(200);
    let by: Vec<String> = night.actors_of("LockForceReleased").await;
    assert_eq!(by, [desk.admin.id.to_string()]);
}

#[tokio::test]
async fn a_grader_who_lost_their_token_is_found_out_and_gets_the_copy_anew() {
    let Some(mut night) = Night::begins(&[]).await else { return };
    let desk = &night.desk;
    let mut held = desk.held(desk.exam().await, "A-1", 1).await;
    desk.score(&held, "1", json!(2)).await;
    held.token = desk.held(desk.exam().await, "A-2", 1).await.token;
    let refused = desk.mark(&held, Method::PUT, "/scores/1", json!({"points": 3})).await;
    refused.refused(403, "token_mismatch");
    night.place.views_caught_up().await;
    night.operator.knows("COPY", &held.copy.to_string()).await;
    night.operator.follows(SCENARIO, ACTION).await;
    let held = desk.lock(held.copy, 600).await;
    desk.score(&held, "1", json!(3)).await;
}
