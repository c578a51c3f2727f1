//! `/api/copies/{copy}/lock`.

use domain::CopyId;
use domain::copy::{CopyState, ExamCopy};
use http::Method;
use serde_json::{Value, json};

use super::world::{Held, World, an_annotation, heard};

fn conflicts(world: &World, kind: &str) -> u64 {
    world.figure(&format!("grading_lock_conflicts_total{{conflict_type=\"{kind}\"}}"))
}

/// Waits until the lease of the copy is over, by the ledger's clock.
async fn outlive_the_lease(world: &World, copy: CopyId) {
    let standing = world.app.ledger.load::<ExamCopy>(copy.0).await.unwrap().state;
    let CopyState::Locked(_, lock) = &standing.state else { panic!("{standing:?}") };
    crate::office::until("the lease is over", || async { world.app.ledger.now() >= lock.expires_at }).await;
}

#[tokio::test]
async fn the_owner_gets_the_standing_lock_again_with_the_same_token() {
    let world = World::new().await;
    let held = world.held().await;
    let again = world.post(&world.grader, &format!("/api/copies/{}/lock", held.copy), json!({})).await;
    let lock = again.body(200);
    assert_eq!(lock["token"], held.token.as_str());
    assert_eq!((&lock["owner_id"], &lock["ttl_seconds"]), (&json!(world.grader.id), &json!(600)));
    let locks = world.events(held.copy).await.into_iter().filter(|kind| kind == "LockAcquired").count();
    assert_eq!(locks, 1);
}

/// Law L5, from outside: each of the six ways is told apart, answered and counted.
#[tokio::test]
async fn l5_every_lock_conflict_has_its_status_and_moves_its_metric() {
    let world = World::new().await;
    let held = world.held().await;
    for kind in domain::copy::LockConflict::LABELS {
        assert_eq!(conflicts(&world, kind), 0, "{kind} is there from the start");
    }

    let path = format!("/api/copies/{}/lock", held.copy);
    let taken = world.post(&world.other, &path, json!({})).await.refused(409, "already_locked");
    assert_eq!(taken["locked_by"], json!(world.grader.id));
    assert_eq!(conflicts(&world, "already_locked"), 1);

    let foreign = Held { who: &world.other, copy: held.copy, token: held.token.clone() };
    let score = || json!({"points": 1});
    let refused = world.mark(&foreign, Method::PUT, "/scores/1", score()).await;
    refused.refused(403, "owner_mismatch");
    assert_eq!(conflicts(&world, "owner_mismatch"), 1);

    for token in ["x", &"A".repeat(64)] {
        let forged = Held { who: &world.grader, copy: held.copy, token: token.to_owned() };
        world.mark(&forged, Method::PUT, "/scores/1", score()).await.refused(403, "token_mismatch");
    }
    assert_eq!(conflicts(&world, "token_mismatch"), 2);

    let path = format!("/api/copies/{}/scores/1", held.copy);
    let bare = heard(world.ask(&world.grader, Method::PUT, &path).json(&score())).await;
    bare.refused(409, "missing");
    assert_eq!(conflicts(&world, "missing"), 1);

    let short = json!({"ttl_seconds": 1});
    world.mark(&held, Method::POST, "/lock/heartbeat", short).await.body(200);
    outlive_the_lease(&world, held.copy).await;
    world.mark(&held, Method::PUT, "/scores/1", score()).await.refused(409, "expired");
    assert_eq!(conflicts(&world, "expired"), 1);

    let graded = world.graded().await;
    let late = Held { who: &world.grader, copy: graded, token: held.token.clone() };
    world.mark(&late, Method::PUT, "/scores/1", score()).await.refused(409, "already_graded");
    assert_eq!(conflicts(&world, "already_graded"), 1);
}

#[tokio::test]
async fn a_lease_that_is_over_is_recorded_by_the_ledger_itself_before_the_next_command() {
    let world = World::new().await;
    let copy = world.ready().await;
    let path = format!("/api/copies/{copy}/lock");
    let lock = world.post(&world.grader, &path, json!({"ttl_seconds": 1})).await.body(200);
    outlive_the_lease(&world, copy).await;
    let held = Held { who: &world.grader, copy, token: lock["token"].as_str().unwrap().to_owned() };
    let refused = world.mark(&held, Method::POST, "/annotations", an_annotation()).await;
    refused.refused(409, "expired");
    assert_eq!(world.events(copy).await.last().unwrap(), "LockExpired");
    world.post(&world.other, &path, json!({})).await.body(200);
    let actor: Value = sqlx::query_scalar("SELECT metadata FROM events WHERE event_type = 'LockExpired'")
        .fetch_one(world.database.pool())
        .await
        .unwrap();
    assert_eq!(actor["actor_role"], "system");
}

#[tokio::test]
async fn a_heartbeat_early_in_the_lease_answers_and_records_nothing() {
    let world = World::new().await;
    let held = world.held().await;
    let events = world.events(held.copy).await.len();
    let beat = world.mark(&held, Method::POST, "/lock/heartbeat", json!({})).await.body(200);
    assert_eq!(beat["token"], held.token.as_str());
    assert_eq!(world.events(held.copy).await.len(), events);
    let longer = json!({"ttl_seconds": 3600});
    let longer = world.mark(&held, Method::POST, "/lock/heartbeat", longer).await.body(200);
    assert!(longer["expires_at"].as_str() > beat["expires_at"].as_str(), "{longer}");
    assert_eq!(world.events(held.copy).await.last().unwrap(), "LockRenewed");
}

#[tokio::test]
async fn a_lease_of_no_time_or_too_much_is_refused() {
    let world = World::new().await;
    let copy = world.ready().await;
    let path = format!("/api/copies/{copy}/lock");
    for ttl in [json!(0), json!(3_601)] {
        world.post(&world.grader, &path, json!({"ttl_seconds": ttl})).await.refused(400, "ttl_out_of_range");
    }
    for ttl in [json!(-1), json!(1.5), json!("600")] {
        world.post(&world.grader, &path, json!({"ttl_seconds": ttl})).await.refused(400, "invalid_json");
    }
    assert_eq!(world.events(copy).await.len(), 3);
}

#[tokio::test]
async fn a_copy_is_given_back_by_its_owner_or_taken_away_with_a_reason() {
    let world = World::new().await;
    let held = world.held().await;
    let status = format!("/api/copies/{}/lock/status", held.copy);
    let seen = world.app.ledger.load::<ExamCopy>(held.copy.0).await.unwrap().position;
    let request = world.ask(&world.grader, Method::GET, &status).header("ledger-position", seen);
    let standing = heard(request).await.body(200);
    assert_eq!((&standing["locked"], &standing["mine"]), (&json!(true), &json!(true)));
    let away = format!("/api/copies/{}/lock/force-release", held.copy);
    world.post(&world.grader, &away, json!({"reason": "mine"})).await.refused(403, "leads_only");
    world.post(&world.admin, &away, json!({})).await.refused(400, "invalid_json");
    let taken = world.post(&world.admin, &away, json!({"reason": "the grader fell ill"})).await;
    assert_eq!(taken.body(200)["status"], "READY");
    let held = world.lock(&world.other, held.copy).await;
    let released = world.mark(&held, Method::DELETE, "/lock/release", json!({})).await;
    let request = world.ask(&world.grader, Method::GET, &status);
    let request = request.header("ledger-position", released.position());
    assert_eq!(released.body(200)["lock"], Value::Null);
    assert_eq!(heard(request).await.body(200)["locked"], json!(false));
    world.post(&world.admin, &away, json!({"reason": "again"})).await.refused(409, "wrong_status");
}

#[tokio::test]
async fn only_those_who_are_enrolled_take_copies() {
    let world = World::new().await;
    let copy = world.ready().await;
    let path = format!("/api/copies/{copy}/lock");
    let stranger = world.stranger().await;
    world.post(&stranger, &path, json!({})).await.refused(404, "not_found");
    world.post(&world.admin, &path, json!({})).await.body(200);
}
