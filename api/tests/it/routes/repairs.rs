//! Repairs are commands with a reason (L16): `…/import/retry`, `…/finalize/retry` and `…/lock/force-release`.

use domain::CopyId;
use http::Method;
use serde_json::{Value, json};

use super::world::{Said, World, heard};

async fn repair(world: &World, copy: CopyId, tail: &str, body: Value) -> Said {
    world.post(&world.admin, &format!("/api/copies/{copy}{tail}"), body).await
}

/// The copy's last line in the audit trail, once the trail has what `said` answered with.
async fn last_line(world: &World, copy: CopyId, said: &Said) -> Value {
    let path = format!("/api/copies/{copy}/audit?limit=200");
    let request = world.ask(&world.admin, Method::GET, &path).header("ledger-position", said.position());
    let trail = heard(request).await.body(200);
    trail["items"].as_array().unwrap().last().unwrap().clone()
}

#[tokio::test]
async fn l16_a_failed_import_is_tried_again_with_a_reason_that_the_trail_tells() {
    let world = World::new().await;
    let copy = world.requested().await;
    let why = json!({"reason": "Zoë Quetzalcoatl sent the scan again"});
    let early = repair(&world, copy, "/import/retry", why.clone()).await.refused(409, "still_tried");
    let detail = early["detail"].as_str().unwrap();
    assert!(detail.starts_with("the import of this copy is still being tried (attempt 1)"), "{detail}");
    super::worker::fail_import(&world.app, copy).await;
    repair(&world, copy, "/ready", json!({})).await.refused(409, "not_imported");
    repair(&world, copy, "/import/retry", json!({})).await.refused(400, "invalid_json");
    repair(&world, copy, "/import/retry", json!({"reason": " "})).await.refused(400, "invalid_json");
    let again = repair(&world, copy, "/import/retry", why.clone()).await;
    assert_eq!(again.body(202)["import"], json!({"state": "pending", "attempt": 2}));
    let line = last_line(&world, copy, &again).await;
    assert_eq!((&line["action"], &line["actor_role"]), (&json!("IMPORT_RETRY"), &json!("admin")));
    assert_eq!(line["actor_id"], json!(world.admin.id));
    assert_eq!(line["metadata"], json!({"attempt": 2, "reason": why["reason"]}));
    super::worker::import_attempt(&world.app, copy, 2).await;
    repair(&world, copy, "/import/retry", why).await.refused(409, "nothing_to_retry");
    let recorded: Vec<String> =
        sqlx::query_scalar("SELECT payload::text FROM events WHERE event_type = 'CopyImportRetried'")
            .fetch_all(world.database.pool())
            .await
            .unwrap();
    assert!(recorded.len() == 1 && !recorded[0].contains("Quetzalcoatl"), "sealed: {recorded:?}");
}

#[tokio::test]
async fn l16_a_failed_finalisation_is_tried_again_by_an_admin_without_a_lock_and_the_trail_tells_why() {
    let world = World::new().await;
    let copy = world.finalising().await;
    let why = || json!({"reason": "the store was full, and is not any more"});
    repair(&world, copy, "/finalize/retry", why()).await.refused(409, "still_tried");
    super::worker::fail_finalisation(&world.app, copy).await;
    repair(&world, copy, "/finalize/retry", json!({})).await.refused(400, "invalid_json");
    let again = repair(&world, copy, "/finalize/retry", why()).await;
    let finalisation = &again.body(202)["finalisation"];
    assert_eq!((&finalisation["attempt"], &finalisation["cause"]), (&json!(2), &json!("RETRY")));
    let line = last_line(&world, copy, &again).await;
    assert_eq!((&line["action"], &line["actor_id"]), (&json!("FINALIZE_START"), &json!(world.admin.id)));
    assert_eq!(line["metadata"]["reason"], why()["reason"]);
    super::worker::finalise(&world.app, copy).await;
    repair(&world, copy, "/finalize/retry", why()).await.refused(409, "nothing_to_retry");
    // What a grader starts has no reason, and its line is as it always was.
    let trail =
        world.get(&world.admin, &format!("/api/copies/{copy}/audit?action=FINALIZE_START")).await.body(200);
    assert_eq!(trail["items"][0]["metadata"].get("reason"), None);
}

/// L3: the reason is part of the body, so that another reason is another command.
#[tokio::test]
async fn l3_a_repair_that_is_repeated_is_done_once() {
    let world = World::new().await;
    let copy = world.finalising().await;
    super::worker::fail_finalisation(&world.app, copy).await;
    let path = format!("/api/copies/{copy}/finalize/retry");
    let send = |reason: &'static str| {
        let request = world.ask(&world.admin, Method::POST, &path).header("idempotency-key", "repair-1");
        heard(request.json(&json!({"reason": reason})))
    };
    let first = send("mended").await;
    super::worker::finalise(&world.app, copy).await;
    let repeat = send("mended").await;
    assert_eq!((repeat.body(202), repeat.position()), (first.body(202), first.position()));
    send("mended twice").await.refused(422, "idempotency_key_reused");
}

#[tokio::test]
async fn a_repair_of_what_needs_none_says_what_stands() {
    let world = World::new().await;
    let copy = world.ready().await;
    let why = || json!({"reason": "why"});
    let detail = |said: Value| said["detail"].as_str().unwrap().to_owned();
    let lock = repair(&world, copy, "/lock/force-release", why()).await.refused(409, "wrong_status");
    assert_eq!(detail(lock), "this copy has no lock: it is in status READY, and there is nothing to release");
    let finalisation = repair(&world, copy, "/finalize/retry", why()).await.refused(409, "wrong_status");
    assert!(detail(finalisation).contains("it needs GRADING_FAILED"));
    let nowhere = CopyId(uuid::Uuid::now_v7());
    for tail in ["/import/retry", "/finalize/retry", "/lock/force-release"] {
        repair(&world, nowhere, tail, why()).await.refused(404, "not_found");
    }
}
