//! Many appends, and followers that come and go.

use std::time::Instant;

use gradeledger::limits::HttpLimits;
use projections::FeedLimits;

use super::{append, stream};
use crate::follower::Follower;
use crate::routes::world::World;

const FOLLOWERS: u64 = 3;
/// Copies, and what is done to each: 20,000 events with the four that each begins with.
const COPIES: usize = 80;
const EACH: i64 = 246;
const EVENTS: i64 = 20_000;

/// Xorshift: the same run every time.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// Follows until it has seen everything, and is cut off again and again, in the middle of whatever comes.
async fn restless(world: &World, seed: u64) -> u32 {
    let (mut random, mut seen, mut connections) = (Random(seed), 0, 0);
    let mut last_id: Option<String> = None;
    while seen < EVENTS {
        connections += 1;
        let mut request = stream(world, &world.auditor, "");
        if let Some(id) = &last_id {
            request = request.header("last-event-id", id);
        }
        let mut follower = Follower::open(request).await;
        for _ in 0..random.below(600) {
            if seen == EVENTS {
                break;
            }
            let Some(block) = follower.block().await else { panic!("nobody ends this stream") };
            if block.data.is_some() {
                assert_eq!(block.position(), seen + 1, "exactly once and in order");
                seen += 1;
            }
        }
        last_id = follower.last_id.or(last_id);
    }
    connections
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn followers_that_come_back_at_random_see_every_one_of_20_000_events_once_and_in_order() {
    // A small tail: who is away for a moment has to catch up from the table. Small pieces: what is cut off is read again.
    let feed = FeedLimits { tail_events: 500, buffer_events: 100, ..FeedLimits::default() };
    let world = World::following(HttpLimits::default(), feed).await;
    let began = Instant::now();
    let appending = async {
        let head = append(&world.app.ledger, COPIES, EACH).await;
        println!("appended after {:?}", began.elapsed());
        head
    };
    let following = futures::future::join_all((1..=FOLLOWERS).map(|seed| restless(&world, seed * 7_919)));
    let (head, connections) = tokio::join!(appending, following);
    println!("20,000 events, {connections:?} connections, {:?}", began.elapsed());
    assert_eq!(head, EVENTS);
    assert!(connections.iter().all(|connections| *connections > 20), "{connections:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_who_follow_cost_one_reader() {
    let limits = HttpLimits { streams_per_caller: 100, ..HttpLimits::default() };
    let world = World::following(limits, FeedLimits::default()).await;
    let head = append(&world.app.ledger, 1, 1).await;
    let mut followers = Vec::new();
    for _ in 0..100 {
        let mut follower =
            Follower::open(stream(&world, &world.auditor, &format!("?after={}", head - 1))).await;
        follower.positions(1).await;
        followers.push(follower);
    }
    let scans = async || -> i64 {
        // Index scans of the table by every session so far; what is told at the end of a transaction is told soon.
        let told = "SELECT coalesce(sum(idx_scan), 0)::bigint FROM pg_stat_user_indexes WHERE indexrelname = 'events_pkey'";
        sqlx::query_scalar(told).fetch_one(world.database.pool()).await.unwrap()
    };
    let before = scans().await;
    let marked = super::Marked::new(&world.app.ledger).await;
    for points in 1..=50 {
        marked.score(&world.app.ledger, points).await;
    }
    for follower in &mut followers {
        assert_eq!(follower.positions(54).await, (head + 1..=head + 54).collect::<Vec<_>>());
    }
    let cost = scans().await - before;
    assert!(cost < 54 * 100, "{cost} scans for 54 appends");
}
