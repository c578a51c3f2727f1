//! `GET /api/events/stream`: what comes, and where one goes on.

use std::time::Duration;

use gradeledger::ledger::Place;
use gradeledger::limits::HttpLimits;
use projections::FeedLimits;
use serde_json::json;
use uuid::Uuid;

use super::{Marked, append, filters, positions_where, stream};
use crate::follower::Follower;
use crate::routes::world::{World, heard};

/// Nothing is polled for within a test's time.
fn without_polling() -> FeedLimits {
    FeedLimits { poll_every: Duration::from_secs(3_600), ..FeedLimits::default() }
}

#[tokio::test]
async fn what_is_there_comes_first_and_then_what_is_appended() {
    let world = World::following(HttpLimits::default(), without_polling()).await;
    let ledger = &world.app.ledger;
    let head = append(ledger, 2, 3).await;
    let mut follower = Follower::open(stream(&world, &world.auditor, "")).await;
    let beginning = follower.block().await.unwrap();
    let epoch = ledger.epoch().await.unwrap();
    assert_eq!(beginning.id, Some(Place { epoch, number: 0 }.to_string()));
    assert_eq!((beginning.retry, &beginning.data), (Some(Duration::from_secs(2)), &None));
    assert_eq!(follower.positions(14).await, (1..=head).collect::<Vec<_>>());
    let marked = Marked::new(ledger).await;
    for points in 1..=5 {
        let position = marked.score(ledger, points).await;
        let seen = follower.positions(if points == 1 { 5 } else { 1 }).await;
        assert_eq!(seen.last(), Some(&position));
    }
}

#[tokio::test]
async fn an_event_of_a_stream_is_the_item_of_a_page() {
    let world = World::without_projectors(HttpLimits::default()).await;
    append(&world.app.ledger, 1, 3).await;
    let page = world.get(&world.auditor, "/api/events").await.body(200);
    let mut follower = Follower::open(stream(&world, &world.auditor, "")).await;
    for item in page["items"].as_array().unwrap() {
        assert_eq!(follower.dispatched().await.unwrap().json(), *item);
    }
}

#[tokio::test]
async fn every_filter_streams_what_the_table_holds_before_and_after_it_was_opened() {
    let feed = FeedLimits { keep_alive: Duration::from_millis(50), ..FeedLimits::default() };
    let world = World::following(HttpLimits::default(), feed).await;
    let ledger = &world.app.ledger;
    let copy = world.graded().await;
    let state = ledger.load::<domain::copy::ExamCopy>(copy.0).await.unwrap().state;
    let marked = Marked::new(ledger).await;
    marked.score(ledger, 1).await;
    let asked = filters(&marked, (state.state.identity().unwrap().exam, copy));
    let mut followers = Vec::new();
    for (query, condition) in asked {
        let follower = Follower::open(stream(&world, &world.auditor, &format!("?{query}"))).await;
        followers.push((query, condition, follower));
    }
    for points in 2..=9 {
        marked.score(ledger, points).await;
    }
    let head = append(ledger, 1, 1).await;
    for (query, condition, mut follower) in followers {
        let expected = positions_where(world.database.pool(), &condition).await;
        assert_eq!(follower.positions(expected.len()).await, expected, "{query}");
        // A filter that matches nothing moves the place on all the same, without an event.
        let there = format!(".{head}");
        while !follower.last_id.as_ref().is_some_and(|id| id.ends_with(&there)) {
            assert_eq!(follower.block().await.unwrap().data, None, "{query}");
        }
    }
}

#[tokio::test]
async fn a_client_goes_on_behind_its_last_id_whatever_its_address_says() {
    let world = World::without_projectors(HttpLimits::default()).await;
    append(&world.app.ledger, 1, 6).await;
    let mut follower = Follower::open(stream(&world, &world.auditor, "?after=2")).await;
    assert_eq!(follower.positions(3).await, [3, 4, 5]);
    let last = follower.last_id.clone().unwrap();
    drop(follower);
    // A browser asks for the same address again, with the header.
    let again = stream(&world, &world.auditor, "?after=2").header("last-event-id", last);
    assert_eq!(Follower::open(again).await.positions(5).await, [6, 7, 8, 9, 10]);
    let never_received = stream(&world, &world.auditor, "?after=9").header("last-event-id", "");
    assert_eq!(Follower::open(never_received).await.positions(1).await, [10]);
}

#[tokio::test]
async fn a_place_that_is_none_or_of_another_history_opens_no_stream() {
    let world = World::without_projectors(HttpLimits::default()).await;
    append(&world.app.ledger, 1, 1).await;
    let with_id = |id: &str| stream(&world, &world.auditor, "").header("last-event-id", id.to_owned());
    for id in ["x", "1.", "0198.5", "-1"] {
        heard(with_id(id)).await.refused(400, "invalid_place");
    }
    let twice = with_id("1").header("last-event-id", "2");
    heard(twice).await.refused(400, "invalid_place");
    let other = Place { epoch: Uuid::now_v7(), number: 3 }.to_string();
    let refused = heard(with_id(&other)).await.refused(409, "other_epoch");
    assert!(refused["detail"].as_str().unwrap().starts_with("this Last-Event-ID is of epoch"), "{refused}");
    assert_eq!(heard(with_id("6")).await.refused(409, "other_epoch")["head"], 5);
    heard(stream(&world, &world.auditor, "?type=CopyEaten")).await.refused(400, "invalid_type");
    heard(stream(&world, &world.auditor, "?limit=5")).await.refused(400, "invalid_query");
}

#[tokio::test]
async fn silence_is_broken_in_time_with_the_place_to_come_back_to() {
    let feed = FeedLimits { keep_alive: Duration::from_millis(40), ..FeedLimits::default() };
    let world = World::following(HttpLimits::default(), feed).await;
    let head = append(&world.app.ledger, 1, 1).await;
    let epoch = world.app.ledger.epoch().await.unwrap();
    let mut follower = Follower::open(stream(&world, &world.auditor, "")).await;
    follower.positions(5).await;
    for _ in 0..3 {
        let block = follower.block().await.unwrap();
        assert_eq!(block.comment.as_deref(), Some("keep-alive"));
        assert_eq!((block.id, block.data), (Some(Place { epoch, number: head }.to_string()), None));
    }
}

#[tokio::test]
async fn one_stream_too_many_is_told_to_come_back_and_finds_the_place_of_one_that_went() {
    let world =
        World::following(HttpLimits::default(), FeedLimits { followers: 2, ..FeedLimits::default() }).await;
    let first = Follower::open(stream(&world, &world.auditor, "")).await;
    let _second = Follower::open(stream(&world, &world.admin, "")).await;
    let refused = heard(stream(&world, &world.auditor, "")).await;
    refused.refused(503, "too_many_streams");
    assert_eq!(refused.header("retry-after"), "2");
    assert_eq!(world.figure("event_streams_open"), 2);
    drop(first);
    crate::http_frame::world::until("there is a place", async || {
        stream(&world, &world.auditor, "").send().await.unwrap().status() == 200
    })
    .await;
}

#[tokio::test]
async fn appends_that_nobody_tells_of_are_found_by_polling() {
    let feed = FeedLimits { poll_every: Duration::from_millis(20), ..FeedLimits::default() };
    let world = World::following(HttpLimits::default(), feed).await;
    append(&world.app.ledger, 1, 1).await;
    let mut follower = Follower::open(stream(&world, &world.auditor, "")).await;
    follower.positions(5).await;
    for position in 6..=9_i64 {
        // A row like those of another process whose NOTIFY was lost.
        let untold = "INSERT INTO events SELECT position + 1, sequence + 1, recorded_at, gen_random_uuid(), aggregate_type, \
                      aggregate_id, event_type, event_version, content_hash, leaf_hash, payload, metadata \
                      FROM events ORDER BY position DESC LIMIT 1";
        sqlx::query(untold).execute(world.database.pool()).await.unwrap();
        assert_eq!(follower.positions(1).await, [position]);
    }
}

#[tokio::test]
async fn a_payload_over_several_lines_arrives_as_it_was_written() {
    let world = World::without_projectors(HttpLimits::default()).await;
    append(&world.app.ledger, 1, 1).await;
    let lines = "INSERT INTO events SELECT position + 1, 1, recorded_at, gen_random_uuid(), 'Weather', aggregate_id, 'RainFell', \
                 '1', content_hash, leaf_hash, E'{\"RainFell\":\\r\\n {\"mm\":\\n\\n 15}}', metadata \
                 FROM events ORDER BY position DESC LIMIT 1";
    sqlx::query(lines).execute(world.database.pool()).await.unwrap();
    let mut follower = Follower::open(stream(&world, &world.auditor, "?after=5")).await;
    let data = follower.dispatched().await.unwrap().json();
    assert_eq!(data["data"], json!({"RainFell": {"mm": 15}}));
}
