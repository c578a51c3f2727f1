//! How a stream ends.

use std::time::{Duration, Instant};

use gradeledger::limits::HttpLimits;
use gradeledger::tokens;
use projections::FeedLimits;

use super::{append, stream};
use crate::follower::Follower;
use crate::http_frame::world::until;
use crate::routes::world::{World, heard};

#[tokio::test]
async fn a_server_that_stops_ends_its_streams_whole_and_at_once() {
    let world = World::without_projectors(HttpLimits::default()).await;
    append(&world.app.ledger, 1, 1).await;
    let mut live = Follower::open(stream(&world, &world.auditor, "")).await;
    live.positions(5).await;
    let mut quiet = Follower::open(stream(&world, &world.auditor, "?type=CopyVoided")).await;
    quiet.block().await.unwrap();
    let World { server, metrics, .. } = world;
    let began = Instant::now();
    server.stop().await;
    // Well within `http.shutdown`, which is 20 seconds.
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    for follower in [&mut live, &mut quiet] {
        let last = follower.dispatched().await.unwrap();
        assert_eq!((last.event.as_deref(), &last.id), (Some("end"), &None));
        assert_eq!(last.json()["code"], "stopping");
        assert_eq!(follower.block().await, None, "the body ends whole");
    }
    assert!(metrics.text().contains("event_streams_ended_total{why=\"stopping\"} 2"));
}

#[tokio::test]
async fn a_token_that_was_revoked_ends_its_streams_and_no_others() {
    let feed = FeedLimits { recheck: Duration::from_millis(50), ..FeedLimits::default() };
    let limits = HttpLimits { token_cache: Duration::from_millis(20), ..HttpLimits::default() };
    let world = World::following(limits, feed).await;
    append(&world.app.ledger, 1, 1).await;
    let mut revoked = Follower::open(stream(&world, &world.auditor, "")).await;
    let mut valid = Follower::open(stream(&world, &world.admin, "")).await;
    revoked.positions(5).await;
    valid.positions(5).await;
    for listed in tokens::list(&world.keys).await.unwrap() {
        if listed.actor_id == world.auditor.id.0 {
            assert!(tokens::revoke(&world.keys, listed.token_id).await.unwrap());
        }
    }
    let last = revoked.dispatched().await.unwrap();
    assert_eq!((last.event.as_deref(), &last.json()["code"]), (Some("end"), &"unauthorised".into()));
    assert_eq!(revoked.block().await, None);
    heard(stream(&world, &world.auditor, "")).await.refused(401, "unauthorised");
    append(&world.app.ledger, 1, 1).await;
    assert_eq!(valid.positions(5).await, [6, 7, 8, 9, 10]);
    assert_eq!(world.figure("event_streams_ended_total{why=\"token\"}"), 1);
}

#[tokio::test]
async fn an_epoch_that_begins_is_told_and_ends_every_stream_of_the_one_before() {
    let feed = FeedLimits { poll_every: Duration::from_millis(20), ..FeedLimits::default() };
    let world = World::following(HttpLimits::default(), feed).await;
    let head = append(&world.app.ledger, 1, 1).await;
    let ended = world.app.ledger.epoch().await.unwrap();
    let mut live = Follower::open(stream(&world, &world.auditor, "")).await;
    live.positions(5).await;
    let last_id = live.last_id.clone().unwrap();
    let begun = begin_epoch(&world, head - 2).await;
    let last = live.dispatched().await.unwrap();
    assert_eq!((last.event.as_deref(), &last.id), (Some("epoch"), &None));
    let told = last.json();
    assert_eq!((&told["code"], &told["same_up_to"]), (&"other_epoch".into(), &(head - 2).into()));
    assert_eq!(told["epoch"], begun.to_string());
    assert_eq!(live.block().await, None, "the body ends whole");
    // Coming back with the old id is refused, with the same place to go on from.
    let refused = heard(stream(&world, &world.auditor, "").header("last-event-id", last_id)).await;
    let next = refused.refused(409, "other_epoch")["next"].as_str().unwrap().to_owned();
    assert_eq!(told["next"], next.as_str());
    append(&world.app.ledger, 1, 1).await;
    let mut again = Follower::open(stream(&world, &world.auditor, "").header("last-event-id", next)).await;
    let mut sources = Vec::new();
    for position in head - 1..=head + 5 {
        let block = again.dispatched().await.unwrap();
        assert_eq!(block.id, Some(gradeledger::ledger::Place { epoch: begun, number: position }.to_string()));
        sources.push(block.json()["source"].as_str().unwrap().to_owned());
    }
    // Who recorded an event under which epoch stays as it was.
    let source = |epoch: uuid::Uuid| format!("urn:uuid:{epoch}");
    assert_eq!(sources, [vec![source(ended); 2], vec![source(begun); 5]].concat());
}

/// Begins an epoch, as the command does.
async fn begin_epoch(world: &World, same_up_to: i64) -> uuid::Uuid {
    use domain::OperationsId;
    use gradeledger::ledger::{NewEpoch, new_epoch};
    use gradeledger::vault::{Purpose, VaultOwner};
    let owner = VaultOwner::Operations(OperationsId::ONLY);
    let reason = world.app.vault.seal(owner, Purpose::Comments, "a restore").await.unwrap();
    let asked =
        NewEpoch { same_up_to: Some(same_up_to), reason: &reason, lock_timeout: Duration::from_secs(2) };
    new_epoch(world.database.pool(), &asked).await.unwrap().epoch
}

#[tokio::test]
async fn a_client_that_goes_away_frees_its_place() {
    let world = World::without_projectors(HttpLimits::default()).await;
    let follower = Follower::open(stream(&world, &world.auditor, "")).await;
    assert_eq!(world.figure("event_streams_open"), 1);
    drop(follower);
    until("the place is free", async || world.figure("event_streams_open") == 0).await;
    assert_eq!(world.figure("event_streams_ended_total{why=\"gone\"}"), 1);
}

#[tokio::test]
async fn a_hole_in_the_ledger_ends_the_stream_before_it() {
    let world = World::without_projectors(HttpLimits::default()).await;
    append(&world.app.ledger, 1, 9).await;
    let mut tampering = world.database.pool().begin().await.unwrap();
    for statement in ["ALTER TABLE events DISABLE TRIGGER USER", "DELETE FROM events WHERE position = 8"] {
        sqlx::query(statement).execute(&mut *tampering).await.unwrap();
    }
    tampering.commit().await.unwrap();
    let mut follower = Follower::open(stream(&world, &world.auditor, "?after=7")).await;
    let last = follower.dispatched().await.unwrap();
    assert_eq!((last.event.as_deref(), &last.json()["code"]), (Some("end"), &"internal".into()));
    assert_eq!(follower.block().await, None);
    assert_eq!(world.figure("event_streams_ended_total{why=\"failed\"}"), 1);
}

#[tokio::test]
async fn a_caller_who_follows_as_many_streams_as_one_may_leaves_places_for_others() {
    let world =
        World::without_projectors(HttpLimits { streams_per_caller: 2, ..HttpLimits::default() }).await;
    append(&world.app.ledger, 1, 1).await;
    let mut first = Follower::open(stream(&world, &world.auditor, "")).await;
    let mut second = Follower::open(stream(&world, &world.auditor, "")).await;
    first.positions(5).await;
    second.positions(5).await;
    let refused = heard(stream(&world, &world.auditor, "")).await;
    assert_eq!(refused.header("retry-after"), "5");
    refused.refused(429, "too_many_streams");
    let mut other = Follower::open(stream(&world, &world.admin, "")).await;
    other.positions(5).await;
    drop(second);
    until("the place comes back", async || {
        let request = stream(&world, &world.auditor, "").send().await.unwrap();
        request.status() == 200
    })
    .await;
}
