//! What admins do about a view that stopped, over HTTP.

use domain::CopyId;
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{World, heard};
use crate::torn::tear;

const REASON: &str = "Frau Müller's copy; the fix comes on Monday";

fn stopped(view: &Value) -> bool {
    view["state"] == "stopped"
}

/// A world with a copy that `annotations` cannot fold, once it is stopped there. Gives the event's position.
async fn torn() -> (World, CopyId, i64) {
    let world = World::new().await;
    let copy = world.ready().await;
    let at = tear(world.database.pool(), copy).await;
    world.view_when("annotations", "it is stopped", stopped).await;
    (world, copy, at)
}

#[tokio::test]
async fn a_stopped_view_is_told_with_what_stops_it_and_what_to_type() {
    let (world, copy, at) = torn().await;
    let view = world.view("annotations").await;
    assert_eq!(view["poison"]["position"], at);
    assert_eq!(view["poison"]["stream"], format!("ExamCopy {copy}"));
    assert_eq!(view["poison"]["event_type"], "AnnotationRemoved");
    assert!(view["poison"]["cause"].as_str().unwrap().contains("is not in the view"), "{view}");
    let next = view["next"].as_str().unwrap();
    assert!(next.contains("`gradeledger projections retry annotations`"), "{next}");
    assert!(
        next.contains(&format!("`gradeledger projections park annotations --stream {copy} --reason")),
        "{next}"
    );
}

#[tokio::test]
async fn a_parked_stream_lets_its_view_go_on_and_is_told_with_who_and_why_to_those_who_may_read_it() {
    let (world, copy, at) = torn().await;
    let body = json!({"stream": copy, "reason": REASON});
    let parked = world.post(&world.admin, "/api/projections/annotations/park", body).await;
    assert_eq!(
        parked.body(202),
        json!({"view": "annotations", "stream_type": "ExamCopy", "stream_id": copy,
               "parked": {"from_position": at, "reason": REASON}})
    );
    let view = world
        .view_when("annotations", "it goes on", |view| {
            view["lag_events"] == 0 && view["left_out_streams"] == 1
        })
        .await;
    assert_eq!((&view["state"], &view["poison"]), (&json!("leading"), &Value::Null));
    let left_out = &view["left_out"];
    assert_eq!(left_out.as_array().unwrap().len(), 1);
    assert_eq!((&left_out[0]["stream_id"], &left_out[0]["left_out_from"]), (&json!(copy), &json!(at)));
    let act = &left_out[0]["parked"];
    assert_eq!(act["actor_id"], json!(world.admin.id));
    assert_eq!((&act["actor_role"], &act["from_position"]), (&json!("admin"), &json!(at)));
    assert_eq!((&act["position"], &act["reason"]), (&json!(parked.position()), &json!(REASON)));
    world.get(&world.grader, "/api/projections").await.refused(403, "role_forbidden");
    for (person, reason) in [(&world.admin, REASON), (&world.auditor, "[sealed]")] {
        let told = world.get(person, "/api/projections").await.body(200);
        let views = told["views"].as_array().unwrap();
        let view = views.iter().find(|view| view["name"] == "annotations").unwrap();
        assert_eq!(view["left_out"][0]["parked"]["reason"], json!(reason));
    }
    // The event holds a commitment, and no table of the ledger the text.
    let event: Value = sqlx::query_scalar("SELECT payload FROM events WHERE event_type = 'ProjectionParked'")
        .fetch_one(world.database.pool())
        .await
        .unwrap();
    assert_eq!(event["ProjectionParked"]["reason"].as_str().unwrap().len(), 64);
    for table in ["events", "commands", "vault", "parked_v1", "projection_gaps"] {
        let sql = format!("SELECT count(*) FROM {table} AS t WHERE t::text LIKE '%Monday%'");
        let found: i64 = sqlx::query_scalar(&sql).fetch_one(world.database.pool()).await.unwrap();
        assert_eq!(found, 0, "{table}");
    }
}

#[tokio::test]
async fn a_stream_is_unparked_into_the_same_trouble_until_it_is_mended() {
    let (world, copy, at) = torn().await;
    let path = |act: &str| format!("/api/projections/annotations/{act}");
    let reason = json!({"stream": copy, "reason": REASON});
    world.post(&world.admin, &path("park"), reason).await.body(202);
    world.view_when("annotations", "it leaves the copy out", |view| view["left_out_streams"] == 1).await;
    let unparked = world.post(&world.admin, &path("unpark"), json!({"stream": copy})).await.body(202);
    assert_eq!(unparked["parked"], Value::Null);
    let view = world.view_when("annotations", "it is stopped again", stopped).await;
    assert_eq!(
        (&view["poison"]["position"], &view["left_out"][0]["left_out_from"]),
        (&json!(at), &json!(at))
    );
    assert_eq!(view["left_out"][0]["parked"], Value::Null);
    let before = view["poison"]["at"].clone();
    let retried = world.post(&world.admin, &path("retry"), json!({})).await.body(202);
    assert_eq!(retried["name"], "annotations");
    world
        .view_when("annotations", "it tried again", |view| stopped(view) && view["poison"]["at"] != before)
        .await;
}

#[tokio::test]
async fn what_cannot_be_done_about_a_view_is_refused_with_what_can() {
    let (world, copy, at) = torn().await;
    let other = Uuid::now_v7();
    let post = async |path: &str, body: Value| {
        world.post(&world.admin, &format!("/api/projections{path}"), body).await
    };
    let parking = |stream: Value| json!({"stream": stream, "reason": "why"});
    for act in ["retry", "park", "unpark"] {
        let body = if act == "retry" { json!({}) } else { parking(json!(copy)) };
        post(&format!("/pages/{act}"), body.clone()).await.refused(404, "not_found");
        assert_eq!(post(&format!("/No%20View/{act}"), body).await.status, 404);
    }
    post("/copies/retry", json!({})).await.refused(409, "not_stopped");
    post("/copies/park", parking(json!(copy))).await.refused(409, "not_stopped");
    let another = post("/annotations/park", parking(json!(other))).await.refused(409, "stopped_by_another");
    assert_eq!((&another["stream_id"], &another["position"]), (&json!(copy), &json!(at)));
    post("/parked/park", parking(json!(copy))).await.refused(422, "says_what_is_parked");
    post("/annotations/unpark", json!({"stream": copy})).await.refused(409, "not_parked");
    post("/annotations/park", parking(json!("A-1"))).await.body(400);
    post("/annotations/park", json!({"stream": copy})).await.body(400);
    post("/annotations/park", json!({"stream": copy, "reason": " "})).await.body(400);
}

#[tokio::test]
async fn a_repeat_of_a_park_gets_the_first_answer_though_the_view_has_gone_on() {
    let (world, copy, _) = torn().await;
    let body = json!({"stream": copy, "reason": REASON});
    let park = async |body: &Value| {
        let request = world.ask(&world.admin, Method::POST, "/api/projections/annotations/park");
        heard(request.header("idempotency-key", "park-1").json(body)).await
    };
    let first = park(&body).await;
    world.view_when("annotations", "it goes on", |view| view["left_out_streams"] == 1).await;
    let again = park(&body).await;
    assert_eq!((again.body(202), again.position()), (first.body(202), first.position()));
    park(&json!({"stream": copy, "reason": "another"})).await.refused(422, "idempotency_key_reused");
    let without = world.post(&world.admin, "/api/projections/annotations/park", body).await;
    without.refused(409, "not_stopped");
}
