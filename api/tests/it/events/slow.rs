//! Clients that take slowly, or nothing.

use std::time::Duration;

use gradeledger::limits::HttpLimits;
use projections::FeedLimits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::{append, stream};
use crate::follower::Follower;
use crate::http_frame::world::until;
use crate::routes::world::World;

/// A client that has asked for the stream and takes nothing of it: its kernel holds a few thousand bytes.
async fn stalled(world: &World) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut client = socket.connect(world.server.address()).await.unwrap();
    let request = format!(
        "GET /api/events/stream HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\r\n",
        world.auditor.token
    );
    client.write_all(request.as_bytes()).await.unwrap();
    client
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_takes_nothing_holds_up_nobody_and_little_is_kept_for_it() {
    let feed = FeedLimits { buffer_events: 50, ..FeedLimits::default() };
    let world = World::following(HttpLimits::default(), feed).await;
    let mut slow = stalled(&world).await;
    until("it is there", async || world.figure("event_streams_open") == 1).await;
    let mut live = Follower::open(stream(&world, &world.auditor, "")).await;
    let head = append(&world.app.ledger, 40, 196).await;
    assert_eq!(live.positions(8_000).await, (1..=head).collect::<Vec<_>>());
    // 8,000 events are some ten megabytes. What a kernel buffers for a connection is a part of it, and what we hold is two
    // pieces of at most 50 events.
    let for_slow = i64::try_from(world.figure("event_streams_sent_events_total")).unwrap() - head;
    assert!((0..head * 3 / 4).contains(&for_slow), "{for_slow} of {head} events were read for it");
    // It has lost nothing: when it takes again, all of it comes.
    let mut text = String::new();
    let mut piece = vec![0; 65_536];
    while !text.contains(&format!("\"sequence\":\"{head:019}\"")) {
        let read =
            tokio::time::timeout(crate::routes::world::SOON, slow.read(&mut piece)).await.unwrap().unwrap();
        assert_ne!(read, 0, "the stream goes on");
        text.push_str(&String::from_utf8_lossy(&piece[..read]));
        // The end is looked for in what is new.
        if text.len() > 200_000 {
            text.drain(..text.len() - 100_000);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_takes_nothing_for_too_long_is_given_up() {
    let limits = HttpLimits { stalled_client: Duration::from_millis(500), ..HttpLimits::default() };
    let world = World::following(limits, FeedLimits::default()).await;
    append(&world.app.ledger, 40, 196).await;
    let _slow = stalled(&world).await;
    until("it is there", async || world.figure("event_streams_open") == 1).await;
    until("it is given up", async || world.figure("event_streams_open") == 0).await;
    assert_eq!(world.figure("event_streams_ended_total{why=\"gone\"}"), 1);
}
