//! Kills under load: of the server, and of Postgres under a server that stays up.

use fixtures::database::TestCluster;
use fixtures::scans::tiny_pages;
use futures::future::join_all;

use super::desk::Desk;
use super::place::Place;
use super::process::Process;
use super::seen;
use super::storm::{COMMANDS, Storm, assert_kept, assert_weathered};

#[tokio::test]
async fn killing_the_server_twice_during_a_thousand_commands_loses_and_doubles_nothing() {
    let place = Place::new().await;
    let server = Process::serve(&place, None, &[]).await;
    let address = server.address;
    let desk = Desk::open(&place.database, address).await;
    let storm = Storm::prepare(&desk).await;
    let kills = async {
        let mut server = server;
        for acknowledged in [COMMANDS / 3, COMMANDS * 2 / 3] {
            storm.answered_at_least(acknowledged).await;
            let answered = storm.answered();
            server.kill().await;
            assert_kept(&place, &answered).await;
            server = Process::serve(&place, Some(address), &[]).await;
        }
        server
    };
    let ((), _server) = tokio::join!(storm.rage(), kills);
    assert!(storm.repeats() > 0, "the kills met no command");
    assert_weathered(&place, &storm).await;
}

#[tokio::test]
async fn killing_postgres_twice_during_a_thousand_commands_loses_and_doubles_nothing_and_the_server_recovers_by_itself()
 {
    let mut cluster = TestCluster::own().await;
    let place = Place::on(cluster.database().await);
    let server = Process::serve(&place, None, &[]).await;
    let desk = Desk::open(&place.database, server.address).await;
    let storm = Storm::prepare(&desk).await;
    let kills = async {
        for acknowledged in [COMMANDS / 3, COMMANDS * 2 / 3] {
            storm.answered_at_least(acknowledged).await;
            let answered = storm.answered();
            cluster.kill().await;
            assert!(storm.answered().len() < COMMANDS, "the kill met no command");
            cluster.restart().await;
            assert_kept(&place, &answered).await;
        }
    };
    tokio::join!(storm.rage(), kills);
    assert_weathered(&place, &storm).await;
    // Work is done again as well, without a hand.
    desk.ready(desk.exam().await, "after", 1).await;
    assert!(server.interrupt().await.success());
}

#[tokio::test]
async fn killing_postgres_under_imports_that_are_under_way_loses_none_and_ends_each_once() {
    const COPIES: usize = 6;
    let mut cluster = TestCluster::own().await;
    let place = Place::on(cluster.database().await);
    let server =
        Process::serve(&place, None, &["--limit", "work.lease=2s", "--limit", "work.renewal=500ms"]).await;
    let desk = Desk::open(&place.database, server.address).await;
    let exam = desk.exam().await;
    let copies =
        join_all((0..COPIES).map(async |n| desk.send(exam, &format!("C-{n}"), tiny_pages(200)).await)).await;
    seen("a page is stored", async || (place.blobs_of(copies[0]) == 2).then_some(())).await;
    cluster.kill().await;
    cluster.restart().await;
    for copy in copies {
        let done = seen("the import is done", async || {
            let read = desk.get(&desk.auditor, &format!("/api/copies/{copy}")).await;
            // Until the server has found Postgres again, it says so.
            (read.status == 200).then(|| read.body(200)).filter(|copy| copy["import"]["state"] == "done")
        })
        .await;
        assert_eq!(done["pages"].as_array().unwrap().len(), 200);
        let types = place.types(copy).await;
        assert_eq!(types.iter().filter(|of| *of == "CopyImported").count(), 1, "{types:?}");
    }
    place.assert_sound().await;
}
