//! `/api/copies/{copy}/annotations`.

use http::Method;
use insta::assert_json_snapshot;
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{Held, World, an_annotation, heard, without};

async fn add(world: &World, held: &Held<'_>) -> Value {
    world.mark(held, Method::POST, "/annotations", an_annotation()).await.body(201)
}

fn one(annotation: &Value) -> String {
    format!("/annotations/{}", annotation["id"].as_str().unwrap())
}

#[tokio::test]
async fn an_annotation_is_answered_as_it_is_read_later() {
    let world = World::new().await;
    let held = world.held().await;
    let said = world.mark(&held, Method::POST, "/annotations", an_annotation()).await;
    let added = said.body(201);
    let location = format!("/api/copies/{}{}", held.copy, one(&added));
    assert_eq!((said.header("etag"), said.header("location")), ("\"1\"", location.as_str()));
    let request = world.ask(&world.admin, Method::GET, said.header("location"));
    let read = heard(request.header("ledger-position", said.position())).await;
    assert_eq!((read.body(200), read.header("etag")), (added.clone(), "\"1\""));
    assert_json_snapshot!(without(added.clone(), &["/id", "/page_sha256"]));
    let list = world.get(&world.admin, &format!("/api/copies/{}/annotations", held.copy)).await.body(200);
    assert_eq!(list, json!({"items": [added], "next": null}));
    let other_page = format!("/api/copies/{}/annotations?page_index=1", held.copy);
    assert_eq!(world.get(&world.admin, &other_page).await.body(200)["items"], json!([]));
}

/// Law L10.
#[tokio::test]
async fn l10_an_annotation_names_its_page_by_hash() {
    let world = World::new().await;
    let held = world.held().await;
    let added = add(&world, &held).await;
    let seen = world.last_position(held.copy).await;
    let copy = world.see(&world.grader, &format!("/api/copies/{}", held.copy), seen).await.body(200);
    assert_eq!(added["page_sha256"], copy["pages"][0]["sha256"]);
}

#[tokio::test]
async fn a_change_names_the_revision_it_was_made_from() {
    let world = World::new().await;
    let held = world.held().await;
    let path = one(&add(&world, &held).await);
    let missing = world.mark(&held, Method::PATCH, &path, json!({"points": 1})).await;
    missing.refused(400, "revision_missing");
    let change = json!({"revision": 1, "points": null, "kind": "COMMENT"});
    let changed = world.mark(&held, Method::PATCH, &path, change.clone()).await;
    assert_eq!(changed.header("etag"), "\"2\"");
    let after = changed.body(200);
    assert_eq!((&after["revision"], &after["points"]), (&json!(2), &Value::Null));
    assert_eq!((&after["kind"], &after["text"]), (&json!("COMMENT"), &an_annotation()["text"]));
    let stale = world.mark(&held, Method::PATCH, &path, change).await.refused(409, "stale_revision");
    assert_eq!(stale["current_revision"], 2);
    let full = format!("/api/copies/{}{path}", held.copy);
    let request = world.ask(&world.grader, Method::PATCH, &full).header("x-lock-token", &held.token);
    let by_etag = heard(request.header("if-match", "\"2\"").json(&json!({"text": "bien"}))).await;
    assert_eq!(by_etag.body(200)["text"], "bien");
}

#[tokio::test]
async fn a_change_to_what_stands_already_records_nothing() {
    let world = World::new().await;
    let held = world.held().await;
    let path = one(&add(&world, &held).await);
    let same = json!({"revision": 1, "text": an_annotation()["text"], "points": -0.25});
    let answer = world.mark(&held, Method::PATCH, &path, same).await.body(200);
    assert_eq!(answer["revision"], 1);
    assert_eq!(world.events(held.copy).await.last().unwrap(), "AnnotationAdded");
}

/// Law L1, from outside.
#[tokio::test]
async fn l1_a_deleted_annotation_can_still_be_read_in_the_history() {
    let world = World::new().await;
    let held = world.held().await;
    let path = one(&add(&world, &held).await);
    world
        .mark(&held, Method::DELETE, &format!("{path}?revision=2"), json!({}))
        .await
        .refused(409, "stale_revision");
    world.mark(&held, Method::DELETE, &path, json!({})).await.refused(400, "revision_missing");
    let deleted = world.mark(&held, Method::DELETE, &format!("{path}?revision=1"), json!({})).await;
    assert_eq!((deleted.status, deleted.bytes.len()), (204, 0));
    world
        .mark(&held, Method::DELETE, &format!("{path}?revision=1"), json!({}))
        .await
        .refused(404, "not_found");
    let gone = format!("/api/copies/{}{path}", held.copy);
    world.see(&world.grader, &gone, deleted.position()).await.refused(404, "not_found");
    let trail = format!("/api/copies/{}/audit?action=DELETE_ANN", held.copy);
    let trail = world.see(&world.admin, &trail, deleted.position()).await.body(200);
    assert_eq!(trail["items"][0]["metadata"]["before"]["text"], an_annotation()["text"]);
}

#[tokio::test]
async fn what_cannot_be_drawn_is_refused_with_what_is_wrong() {
    let world = World::new().await;
    let held = world.held().await;
    let pages = fixtures::scans::ORIENTATIONS.len();
    for (member, value, status, code) in [
        ("page_index", json!(pages), 422, "no_such_page"),
        ("page_index", json!(-1), 400, "invalid_json"),
        ("box", json!({"x": 0.8, "y": 0, "width": 0.3, "height": 0.1}), 400, "box_outside_page"),
        ("box", json!({"x": 0, "y": 0, "width": 0, "height": 0.1}), 400, "box_outside_page"),
        ("box", json!({"x": -0.1, "y": 0, "width": 0.3, "height": 0.1}), 400, "box_outside_page"),
        ("box", json!({"x": 0, "y": 0, "width": 1e300, "height": 0.1}), 400, "box_outside_page"),
        ("box", json!({"x": 0, "y": 0, "width": 0.3}), 400, "invalid_json"),
        ("kind", json!("DOODLE"), 400, "invalid_json"),
        ("points", json!(1000.01), 400, "invalid_json"),
        ("points", json!(0.125), 400, "invalid_json"),
        ("question", json!("9"), 422, "no_such_question"),
        ("text", json!("é".repeat(10_001)), 400, "invalid_json"),
        ("colour", json!("red"), 400, "invalid_json"),
    ] {
        let mut annotation = an_annotation();
        annotation[member] = value;
        world.mark(&held, Method::POST, "/annotations", annotation).await.refused(status, code);
    }
    assert_eq!(world.events(held.copy).await.last().unwrap(), "LockAcquired");
}

#[tokio::test]
async fn what_is_not_json_is_refused_before_anything_else() {
    let world = World::new().await;
    let held = world.held().await;
    let path = format!("/api/copies/{}/annotations", held.copy);
    let nan = an_annotation().to_string().replace("0.1", "NaN");
    for text in [nan.as_str(), "{", "[]", "null", "{} {}"] {
        let request = world.ask(&world.grader, Method::POST, &path).header("x-lock-token", &held.token);
        let request = request.header("content-type", "application/json").body(text.to_owned());
        heard(request).await.refused(400, "invalid_json");
    }
}

#[tokio::test]
async fn an_annotation_of_another_copy_is_not_found() {
    let world = World::new().await;
    let (held, other) = (world.held().await, world.held().await);
    let path = one(&add(&world, &held).await);
    world.get(&world.grader, &format!("/api/copies/{}{path}", other.copy)).await.refused(404, "not_found");
    let change = json!({"revision": 1, "points": 1});
    world.mark(&other, Method::PATCH, &path, change).await.refused(404, "not_found");
    let nowhere = format!("/api/copies/{}/annotations", Uuid::now_v7());
    world.get(&world.grader, &nowhere).await.refused(404, "not_found");
}

#[tokio::test]
async fn what_a_grader_writes_stands_in_no_table_of_the_ledger() {
    let world = World::new().await;
    let held = world.held().await;
    add(&world, &held).await;
    world.mark(&held, Method::PUT, "/remarks/1", json!({"remark": "Quetzalcoatl"})).await.body(200);
    let write =
        world.mark(&held, Method::PUT, "/appreciation", json!({"appreciation": "Quetzalcoatl"})).await;
    let read = world.ask(&world.grader, Method::GET, &format!("/api/copies/{}", held.copy));
    let read = heard(read.header("ledger-position", write.position())).await.body(200);
    assert_eq!(read["marking"]["appreciation"], "Quetzalcoatl");
    for table in ["events", "commands", "vault", "copies_v2", "annotations_v1", "audit_trail_v1"] {
        let rows: Vec<String> =
            sqlx::query_scalar(&format!("SELECT row_to_json({table})::text FROM {table}"))
                .fetch_all(world.database.pool())
                .await
                .unwrap();
        assert!(!rows.is_empty(), "{table}");
        for secret in ["Quetzalcoatl", "étape", "5175657a616c"] {
            assert!(rows.iter().all(|row| !row.contains(secret)), "{secret} in {table}");
        }
    }
}

#[tokio::test]
async fn a_text_that_was_erased_reads_as_erased_and_the_mark_stays() {
    let world = World::new().await;
    let held = world.held().await;
    let said = world.mark(&held, Method::POST, "/annotations", an_annotation()).await;
    let mut expected = said.body(201);
    sqlx::query("DELETE FROM vault").execute(world.database.pool()).await.unwrap();
    let request = world.ask(&world.grader, Method::GET, said.header("location"));
    let read = heard(request.header("ledger-position", said.position())).await.body(200);
    expected["text"] = json!("[erased]");
    assert_eq!(read, expected);
}
