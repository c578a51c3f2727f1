//! `GET /api/copies/{copy}/history` and `…/history/diff`: a copy as it stood.

use domain::CopyId;
use http::Method;
use insta::assert_json_snapshot;
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{Held, World, an_annotation, without};

async fn history(world: &World, copy: CopyId, query: &str) -> Value {
    world.get(&world.admin, &format!("/api/copies/{copy}/history{query}")).await.body(200)
}

async fn diff(world: &World, copy: CopyId, query: &str) -> Value {
    world.get(&world.admin, &format!("/api/copies/{copy}/history/diff{query}")).await.body(200)
}

/// Marks a copy: an annotation, revised and removed, and a score that was changed. Ends at sequence 9.
async fn marked(world: &World, held: &Held<'_>) {
    let added = world.mark(held, Method::POST, "/annotations", an_annotation()).await.body(201);
    let path = format!("/annotations/{}", added["id"].as_str().unwrap());
    world.mark(held, Method::PUT, "/scores/1", json!({"points": 3.5})).await.body(200);
    let revised = json!({"revision": 1, "points": -0.5, "text": "Étape 2 : faux"});
    world.mark(held, Method::PATCH, &path, revised).await.body(200);
    world.mark(held, Method::PUT, "/scores/1", json!({"points": 4})).await.body(200);
    world.mark(held, Method::DELETE, &format!("{path}?revision=2"), json!({})).await;
}

#[tokio::test]
async fn a_deleted_annotation_can_still_be_read_in_the_history() {
    let world = World::new().await;
    let held = world.held().await;
    marked(&world, &held).await;
    assert_eq!(history(&world, held.copy, "").await["annotations"], json!([]));
    let then = history(&world, held.copy, "?at_sequence=7").await;
    assert_eq!(then["annotations"][0]["text"], "Étape 2 : faux");
    assert_eq!((&then["annotations"][0]["revision"], &then["events"]), (&json!(2), &json!(7)));
    assert_eq!(then["copy"]["marking"]["total"], 3);
}

#[tokio::test]
async fn the_copy_now_is_what_the_live_endpoints_answer() {
    let world = World::new().await;
    let held = world.held().await;
    world.mark(&held, Method::POST, "/annotations", an_annotation()).await.body(201);
    let seen = world.mark(&held, Method::PUT, "/scores/1", json!({"points": 3.5})).await.position();
    let now = history(&world, held.copy, "").await;
    let path = format!("/api/copies/{}", held.copy);
    assert_eq!(now["copy"], world.see(&world.admin, &path, seen).await.body(200));
    let listed = world.see(&world.admin, &format!("{path}/annotations"), seen).await.body(200);
    assert_eq!(now["annotations"], listed["items"]);
    assert_eq!((&now["lock"]["owner_id"], &now["lock"]["live"]), (&json!(world.grader.id), &json!(true)));
    assert_eq!(
        (&now["as_of"]["position"], &now["as_of"]["event_type"]),
        (&json!(seen), &json!("QuestionScored"))
    );
}

#[tokio::test]
async fn one_moment_is_the_same_by_sequence_by_position_and_by_time() {
    let world = World::new().await;
    let held = world.held().await;
    marked(&world, &held).await;
    let by_sequence = history(&world, held.copy, "?at_sequence=6").await;
    let as_of = &by_sequence["as_of"];
    let by_position = history(&world, held.copy, &format!("?at_position={}", as_of["position"])).await;
    let recorded_at = as_of["recorded_at"].as_str().unwrap();
    let by_time = history(&world, held.copy, &format!("?at={recorded_at}")).await;
    assert_eq!(by_sequence, by_position);
    assert_eq!(by_sequence, by_time);
    let vary = [
        "/as_of/at",
        "/as_of/position",
        "/as_of/recorded_at",
        "/as_of/event_id",
        "/copy/id",
        "/copy/exam_id",
        "/copy/source/sha256",
        "/copy/pages",
        "/copy/lock/owner_id",
        "/copy/lock/expires_at",
        "/copy/created_at",
        "/copy/updated_at",
        "/annotations/0/id",
        "/annotations/0/page_sha256",
        "/lock/lock_id",
        "/lock/owner_id",
        "/lock/acquired_at",
        "/lock/expires_at",
    ];
    assert_json_snapshot!(without(by_sequence, &vary));
}

#[tokio::test]
async fn a_lease_that_had_lapsed_by_then_is_shown_as_lapsed() {
    let world = World::new().await;
    let copy = world.ready().await;
    let path = format!("/api/copies/{copy}/lock");
    world.post(&world.grader, &path, json!({"ttl_seconds": 1})).await.body(200);
    let taken = history(&world, copy, "?at_sequence=4").await;
    assert_eq!(taken["lock"]["live"], true);
    let ends = taken["lock"]["expires_at"].as_str().unwrap();
    let lapsed = loop {
        let said = world.get(&world.admin, &format!("/api/copies/{copy}/history?at={ends}")).await;
        if said.status != 400 {
            break said.body(200);
        }
        said.refused(400, "in_the_future");
        tokio::task::yield_now().await;
    };
    assert_eq!((&lapsed["lock"]["live"], &lapsed["copy"]["status"]), (&json!(false), &json!("LOCKED")));
}

#[tokio::test]
async fn a_difference_tells_what_stands_otherwise_and_every_act_in_between() {
    let world = World::new().await;
    let held = world.held().await;
    marked(&world, &held).await;
    let told = diff(&world, held.copy, "?from=4&to=9").await;
    assert_eq!(words(&told["changes"]), ["Question 1: none → 4 points", "Total: 0 → 4 points"]);
    assert_eq!(
        words(&told["acts"]),
        [
            "Annotation 1 on page 1 added (ERROR, -0.25 points, question 1): “Il manque une étape : ∫ de α à β”",
            "Question 1: none → 3.5 points",
            "Annotation 1 on page 1 revised: -0.25 → -0.5 points, text “Il manque une étape : ∫ de α à β” → “Étape 2 : faux”",
            "Question 1: 3.5 → 4 points",
            "Annotation 1 on page 1 removed (ERROR, -0.5 points, question 1): “Étape 2 : faux”",
        ]
    );
    assert_eq!(told["acts"][0]["actor_id"], json!(world.grader.id));
    assert_json_snapshot!(told["changes"]);
    let revised = diff(&world, held.copy, "?from=5&to=7").await;
    let change = revised["changes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|change| change["what"] == "annotation_revised")
        .unwrap();
    assert_eq!(
        (&change["before"]["points"], &change["after"]["text"]),
        (&json!(-0.25), &json!("Étape 2 : faux"))
    );
}

fn words(said: &Value) -> Vec<String> {
    said.as_array().unwrap().iter().map(|one| one["words"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn two_equal_moments_differ_by_nothing_and_now_is_where_no_end_is_named() {
    let world = World::new().await;
    let held = world.held().await;
    let told = diff(&world, held.copy, "?from=4&to=4").await;
    assert_eq!((&told["changes"], &told["acts"]), (&json!([]), &json!([])));
    marked(&world, &held).await;
    let open = diff(&world, held.copy, "?from=4").await;
    assert_eq!((&open["to"]["sequence"], open["acts"].as_array().unwrap().len()), (&json!(9), 5));
    let from = open["from"]["recorded_at"].as_str().unwrap();
    let by_time = diff(&world, held.copy, &format!("?from={from}&to=9")).await;
    assert_eq!(by_time["changes"], open["changes"]);
    let path = format!("/api/copies/{}/history/diff", held.copy);
    world.get(&world.admin, &format!("{path}?from=9&to=4")).await.refused(400, "backwards");
    assert_eq!(diff(&world, held.copy, "").await["from"]["sequence"], 1);
    world.get(&world.admin, &format!("{path}?from=yesterday")).await.refused(400, "invalid_moment");
}

#[tokio::test]
async fn a_moment_that_cannot_be_shown_says_which_can() {
    let world = World::new().await;
    let held = world.held().await;
    let path = format!("/api/copies/{}/history", held.copy);
    let ask = async |query: &str| world.get(&world.admin, &format!("{path}{query}")).await;
    ask("?at_sequence=1&at_position=1").await.refused(400, "several_moments");
    ask("?at_sequence=one").await.refused(400, "invalid_moment");
    ask("?at_sequence=0").await.refused(400, "invalid_moment");
    ask("?at=2026-05-18").await.refused(400, "invalid_moment");
    ask("?at_position=0").await.refused(400, "invalid_moment");
    assert_eq!(ask("?at_sequence=5").await.refused(404, "no_such_sequence")["last_sequence"], 4);
    let begun = ask("?at_position=1").await.refused(404, "not_begun");
    assert!(begun["began_position"].as_i64().unwrap() > 1, "{begun}");
    let head = world.last_position(held.copy).await;
    assert_eq!(ask(&format!("?at_position={}", head + 1)).await.refused(409, "other_epoch")["head"], head);
    let ended = format!("?at_position={}.{head}", Uuid::from_u128(7).simple());
    ask(&ended).await.refused(409, "other_epoch");
    let epoch = world.app.ledger.epoch().await.unwrap().simple();
    assert_eq!(ask(&format!("?at_position={epoch}.{head}")).await.body(200)["as_of"]["position"], head);
    ask("?at=2999-01-01T00:00:00Z").await.refused(400, "in_the_future");
    world.see(&world.admin, &path, head + 1).await.refused(409, "other_epoch");
    let nowhere = format!("/api/copies/{}/history", Uuid::now_v7());
    world.get(&world.admin, &nowhere).await.refused(404, "not_found");
}

#[tokio::test]
async fn the_past_is_never_behind_and_reading_it_records_nothing() {
    let limits = gradeledger::limits::HttpLimits::default();
    let world = World::without_projectors(limits).await;
    let held = world.held().await;
    let seen = world.mark(&held, Method::PUT, "/scores/1", json!({"points": 3})).await.position();
    let path = format!("/api/copies/{}/history", held.copy);
    let now = world.see(&world.grader, &path, seen).await.body(200);
    assert_eq!(now["copy"]["marking"]["total"], 3);
    world.see(&world.grader, &format!("{path}/diff?from=1"), seen).await.body(200);
    assert_eq!(world.app.views.head().await.unwrap(), seen);
}

#[tokio::test]
async fn an_erased_text_is_told_as_erased() {
    let world = World::new().await;
    let held = world.held().await;
    marked(&world, &held).await;
    sqlx::query("DELETE FROM vault").execute(world.database.pool()).await.unwrap();
    let then = history(&world, held.copy, "?at_sequence=7").await;
    assert_eq!(then["annotations"][0]["text"], "[erased]");
    let told = diff(&world, held.copy, "?from=8&to=9").await;
    assert!(words(&told["acts"])[0].ends_with("“[erased]”"), "{told}");
}

#[tokio::test]
async fn the_name_of_a_file_is_in_no_history() {
    let world = World::new().await;
    let held = world.held().await;
    for path in ["", "/diff?from=1"] {
        let path = format!("/api/copies/{}/history{path}", held.copy);
        let said = world.get(&world.grader, &path).await;
        assert!(!String::from_utf8(said.bytes).unwrap().contains("Anna"));
    }
}
