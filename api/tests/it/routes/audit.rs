//! `GET /api/copies/{copy}/audit`: the checks of an auditor, from outside.

use http::Method;
use serde_json::{Value, json};

use super::world::{Held, Person, World, heard};

async fn trail(world: &World, who: &Person, held: &Held<'_>, query: &str, seen: i64) -> Vec<Value> {
    let path = format!("/api/copies/{}/audit{query}", held.copy);
    let request = world.ask(who, Method::GET, &path).header("ledger-position", seen);
    heard(request).await.body(200)["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_trail_tells_a_copys_life_in_order_with_its_particulars() {
    let world = World::new().await;
    let held = world.held().await;
    let add = world.mark(&held, Method::POST, "/annotations", super::world::an_annotation()).await.body(201);
    world.mark(&held, Method::PUT, "/scores/1", json!({"points": 8.75})).await.body(200);
    world.mark(&held, Method::POST, "/finalize", json!({})).await.body(202);
    super::worker::finalise(&world.app, held.copy).await;
    let path = format!("/api/copies/{}/export", held.copy);
    let seen = world.post(&world.admin, &path, json!({"format": "PDF"})).await.position();

    let lines = trail(&world, &world.admin, &held, "", seen).await;
    let actions: Vec<_> = lines.iter().map(|line| line["action"].as_str().unwrap()).collect();
    assert_eq!(
        actions,
        [
            "IMPORT_REQUEST",
            "IMPORT",
            "VALIDATE",
            "LOCK",
            "CREATE_ANN",
            "SCORE",
            "FINALIZE_START",
            "FINALIZE",
            "EXPORT"
        ]
    );
    let of = |action: &str| lines.iter().find(|line| line["action"] == action).unwrap();
    let import = &of("IMPORT")["metadata"];
    assert_eq!(import["filename"], "Anna Müller.pdf");
    assert_eq!(import["pages"], fixtures::scans::ORIENTATIONS.len());
    let created = of("CREATE_ANN");
    assert_eq!(created["metadata"]["annotation_id"], add["id"]);
    assert_eq!((&created["metadata"]["page"], &created["actor_role"]), (&json!(0), &json!("grader")));
    assert_eq!(created["actor_id"], json!(world.grader.id));
    let finalised = &of("FINALIZE")["metadata"];
    assert_eq!((&finalised["final_score"], &finalised["retries"]), (&json!(8.5), &json!(0)));
    assert_eq!(finalised["success"], true);
}

/// Law L4, from outside.
#[tokio::test]
async fn l4_a_failed_finalisation_is_in_the_trail_with_its_error() {
    let world = World::new().await;
    let held = world.held().await;
    world.mark(&held, Method::POST, "/finalize", json!({})).await.body(202);
    super::worker::fail_finalisation(&world.app, held.copy).await;
    let seen = world.last_position(held.copy).await;
    let lines = trail(&world, &world.admin, &held, "?action=FINALIZE", seen).await;
    let failed = &lines[0]["metadata"];
    assert_eq!((lines.len(), &failed["success"]), (1, &json!(false)));
    assert_eq!(failed["error_type"], "invalid_pdf");
}

#[tokio::test]
async fn a_grader_does_not_see_the_name_of_a_file() {
    let world = World::new().await;
    let held = world.held().await;
    let seen = world.last_position(held.copy).await;
    for (who, shown) in
        [(&world.admin, "Anna Müller.pdf"), (&world.auditor, "[withheld]"), (&world.grader, "[withheld]")]
    {
        let lines = trail(&world, who, &held, "?action=IMPORT", seen).await;
        assert_eq!(lines[0]["metadata"]["filename"], shown);
    }
}

#[tokio::test]
async fn a_trail_is_read_by_actor_and_page_by_page() {
    let world = World::new().await;
    let held = world.held().await;
    let seen = world.last_position(held.copy).await;
    let mine = format!("?actor_id={}", world.grader.id);
    assert_eq!(trail(&world, &world.admin, &held, &mine, seen).await.len(), 1);
    let path = format!("/api/copies/{}/audit", held.copy);
    let (mut cursor, mut sequences) = (String::new(), Vec::new());
    for _ in 0..4 {
        let page = world.get(&world.auditor, &format!("{path}?limit=1{cursor}")).await.body(200);
        sequences.push(page["items"][0]["sequence"].as_u64().unwrap());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(sequences, [1, 2, 3, 4]);
}

/// Law L16, from outside: what an administrator repairs is in the trail, with the reason in words.
#[tokio::test]
async fn l16_a_repair_is_in_the_trail_with_its_reason() {
    let world = World::new().await;
    let held = world.held().await;
    let path = format!("/api/copies/{}/lock/force-release", held.copy);
    let taken = world.post(&world.admin, &path, json!({"reason": "the tablet broke"})).await;
    let lines = trail(&world, &world.admin, &held, "?action=UNLOCK", taken.position()).await;
    assert_eq!(lines[0]["metadata"]["reason"], "the tablet broke");
    assert_eq!(lines[0]["actor_id"], json!(world.admin.id));
}
