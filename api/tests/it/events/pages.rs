//! `GET /api/events`.

use domain::copy::ExamCopy;
use domain::{CopyId, ExamId};
use gradeledger::ledger::Place;
use gradeledger::limits::HttpLimits;
use projections::FeedLimits;
use serde_json::{Value, json};
use sqlx::Row as _;
use uuid::Uuid;

use super::{Marked, append, filters, positions_where};
use crate::routes::world::World;

/// Few positions a look and few bytes a page, so that every page ends for each of the reasons that it may.
fn small() -> FeedLimits {
    FeedLimits { scan_positions: 7, page_bytes: 6_000, ..FeedLimits::default() }
}

/// A graded copy of a real exam among others, and one of the others.
async fn busy(world: &World) -> (Marked, (ExamId, CopyId)) {
    append(&world.app.ledger, 3, 4).await;
    let copy = world.graded().await;
    let state = world.app.ledger.load::<ExamCopy>(copy.0).await.unwrap().state;
    let marked = Marked::new(&world.app.ledger).await;
    for points in 1..=9 {
        marked.score(&world.app.ledger, points).await;
    }
    append(&world.app.ledger, 2, 3).await;
    (marked, (state.state.identity().unwrap().exam, copy))
}

/// Asks page after page until `next` is the head; the positions of all items.
async fn walk(world: &World, query: &str, limit: usize) -> Vec<i64> {
    let (mut positions, mut after) = (Vec::new(), "0".to_owned());
    loop {
        let path = format!("/api/events?after={after}&limit={limit}&{query}");
        let page = world.get(&world.auditor, &path).await.body(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit);
        positions.extend(items.iter().map(position));
        let next = page["next"].as_str().unwrap().to_owned();
        if next == page["head"] {
            return positions;
        }
        let number = |place: &str| place.parse::<Place>().map_or(0, |place| place.number);
        assert!(number(&next) > number(&after), "{query}: {after} → {next}");
        after = next;
    }
}

fn position(item: &Value) -> i64 {
    item["sequence"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn every_filter_gives_page_by_page_what_the_table_holds() {
    for feed in [small(), FeedLimits::default()] {
        let world = World::following(HttpLimits::default(), feed).await;
        let (marked, real) = busy(&world).await;
        for (query, condition) in filters(&marked, real) {
            let expected = positions_where(world.database.pool(), &condition).await;
            assert_ne!(expected.is_empty(), condition != "false" && !query.contains("&copy="), "{query}");
            for limit in [1, 3, 1_000] {
                assert_eq!(walk(&world, &query, limit).await, expected, "{query} limit={limit}");
            }
        }
    }
}

#[tokio::test]
async fn an_event_is_a_cloud_event_with_what_was_written_and_where_it_stands() {
    let world = World::without_projectors(HttpLimits::default()).await;
    let exam = world.exam().await;
    let page = world.get(&world.admin, "/api/events?limit=2").await.body(200);
    let said = &page["items"][0];
    let row = sqlx::query(
        "SELECT event_id, recorded_at, payload, metadata, encode(leaf_hash, 'hex') AS leaf, (SELECT epoch FROM ledger_epochs) \
         AS epoch FROM events WHERE position = 1",
    )
    .fetch_one(world.database.pool())
    .await
    .unwrap();
    let metadata: Value = row.get("metadata");
    let epoch: Uuid = row.get("epoch");
    let recorded_at: chrono::DateTime<chrono::Utc> = row.get("recorded_at");
    let expected = json!({
        "specversion": "1.0",
        "id": row.get::<Uuid, _>("event_id"),
        "source": format!("urn:uuid:{epoch}"),
        "type": "ExamCreated",
        "subject": format!("Exam/{exam}"),
        "time": domain::Timestamp::from_micros(recorded_at.timestamp_micros()).to_string(),
        "datacontenttype": "application/json",
        "sequence": "0000000000000000001",
        "streamsequence": "1",
        "eventversion": "1",
        "examid": exam,
        "actorid": metadata["actor_id"],
        "actorrole": "admin",
        "requestid": metadata["request_id"],
        "commandid": metadata["command_id"],
        "leafhash": row.get::<String, _>("leaf"),
        "data": row.get::<Value, _>("payload"),
    });
    assert_eq!(*said, expected);
    // CloudEvents, section "Naming conventions".
    let names = said.as_object().unwrap().keys();
    assert!(names.clone().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase())), "{said}");
    assert_eq!(page["next"], Place { epoch, number: 2 }.to_string());
}

#[tokio::test]
async fn an_event_of_a_newer_build_is_handed_on_as_it_was_written() {
    let world = World::without_projectors(HttpLimits::default()).await;
    append(&world.app.ledger, 1, 1).await;
    let newer = "INSERT INTO events SELECT position + 1, 1, recorded_at, gen_random_uuid(), 'Weather', aggregate_id, 'RainFell', \
                 '3', content_hash, leaf_hash, E'{\"RainFell\":\\n {\"mm\":  1.50}}', '{\"actor_id\": 7}' \
                 FROM events ORDER BY position DESC LIMIT 1";
    sqlx::query(newer).execute(world.database.pool()).await.unwrap();
    let said = world.get(&world.auditor, "/api/events?after=5").await;
    let item = said.body(200)["items"][0].clone();
    assert_eq!((&item["type"], &item["eventversion"]), (&json!("RainFell"), &json!("3")));
    assert!(item.get("examid").is_none() && item.get("actorid").is_none(), "{item}");
    let text = String::from_utf8(said.bytes).unwrap();
    assert!(text.contains("\"data\":{\"RainFell\":\n {\"mm\":  1.50}}"), "{text}");
}

#[tokio::test]
async fn what_is_malformed_is_refused_with_what_would_be_right() {
    let world = World::without_projectors(HttpLimits::default()).await;
    let refused = async |query: &str, code: &str| {
        let body = world.get(&world.auditor, &format!("/api/events?{query}")).await.refused(400, code);
        body["detail"].as_str().unwrap().to_owned()
    };
    let unknown = refused("type=CopyGraded,CopyEaten", "invalid_type").await;
    assert!(unknown.contains("CopyImportRequested, CopyImported"), "{unknown}");
    assert!(!unknown.contains("CopyEaten"), "what was sent is not echoed: {unknown}");
    refused("type=", "invalid_type").await;
    refused("type=CopyGraded&type=CopyVoided", "invalid_query").await;
    for limit in ["0", "1001"] {
        assert!(refused(&format!("limit={limit}"), "invalid_limit").await.contains("1 to 1000"));
    }
    for after in ["-1", "soon", "x.1", &format!("{}.-1", Uuid::nil().simple())] {
        refused(&format!("after={after}"), "invalid_place").await;
    }
    refused("exam=7", "invalid_query").await;
    refused("colour=red", "invalid_query").await;
}

#[tokio::test]
async fn a_place_of_another_history_or_past_the_head_is_refused() {
    let world = World::without_projectors(HttpLimits::default()).await;
    let head = append(&world.app.ledger, 1, 1).await;
    let other = Place { epoch: Uuid::now_v7(), number: 1 };
    world.get(&world.auditor, &format!("/api/events?after={other}")).await.refused(409, "other_epoch");
    let past = world.get(&world.auditor, &format!("/api/events?after={}", head + 1)).await;
    assert_eq!(past.refused(409, "other_epoch")["head"], head);
    let copy = format!("&copy={}", Uuid::nil());
    for query in ["", "&type=CopyGraded", &copy] {
        let path = format!("/api/events?after={head}{query}");
        let page = world.get(&world.auditor, &path).await.body(200);
        assert_eq!((&page["items"], &page["next"]), (&json!([]), &page["head"]), "{query}");
    }
}

#[tokio::test]
async fn an_empty_ledger_has_an_empty_page() {
    let world = World::without_projectors(HttpLimits::default()).await;
    let epoch = world.app.ledger.epoch().await.unwrap();
    let page = world.get(&world.auditor, "/api/events").await.body(200);
    let place = Place { epoch, number: 0 }.to_string();
    assert_eq!(page, json!({"items": [], "next": place, "head": place}));
}

#[tokio::test]
async fn a_hole_in_the_ledger_is_our_fault_and_is_not_stepped_over() {
    let world = World::without_projectors(HttpLimits::default()).await;
    append(&world.app.ledger, 1, 9).await;
    let mut tampering = world.database.pool().begin().await.unwrap();
    for statement in ["ALTER TABLE events DISABLE TRIGGER USER", "DELETE FROM events WHERE position = 8"] {
        sqlx::query(statement).execute(&mut *tampering).await.unwrap();
    }
    tampering.commit().await.unwrap();
    let page = world.get(&world.auditor, "/api/events?limit=7").await.body(200);
    assert!(page["next"].as_str().unwrap().ends_with(".7"), "{page}");
    for after in [0, 7] {
        world.get(&world.auditor, &format!("/api/events?after={after}")).await.refused(500, "internal");
    }
    assert_eq!(walk_after(&world, 8).await, (9..=13).collect::<Vec<_>>());
}

async fn walk_after(world: &World, after: i64) -> Vec<i64> {
    let page = world.get(&world.auditor, &format!("/api/events?after={after}")).await.body(200);
    page["items"].as_array().unwrap().iter().map(position).collect()
}

#[tokio::test]
async fn admins_and_auditors_follow_the_ledger_and_graders_do_not() {
    let world = World::without_projectors(HttpLimits::default()).await;
    for path in ["/api/events", "/api/events/stream"] {
        world.get(&world.grader, path).await.refused(403, "role_forbidden");
    }
    for who in [&world.admin, &world.auditor] {
        world.get(who, "/api/events").await.body(200);
        crate::follower::Follower::open(super::stream(&world, who, "")).await;
    }
}
