//! How a server begins and ends.

use std::time::Duration;

use gradeledger::http::BindError;
use gradeledger::limits::HttpLimits;
use http::Method;
use tokio::io::AsyncWriteExt as _;

use super::world::{World, error, until, until_closed};

#[tokio::test]
async fn a_taken_port_is_named_with_the_way_out() {
    let world = World::new().await;
    let address = world.server.address();
    let refused = world.try_on(address).unwrap_err();
    assert!(matches!(refused, BindError::Taken { .. }));
    let text = refused.to_string();
    assert!(text.starts_with(&format!("port {} of 127.0.0.1 is taken", address.port())), "{text}");
    assert!(text.contains("--listen"), "{text}");
}

#[tokio::test]
async fn a_restarted_server_gets_its_port_back_at_once() {
    let world = World::new().await;
    let address = world.server.address();
    assert_eq!(world.bare(Method::GET, "/api/health/live").send().await.unwrap().status(), 200);
    let (again, stopped) = world.split();
    stopped.stop().await;
    assert_eq!(again.try_on(address).unwrap().address(), address);
}

#[tokio::test]
async fn an_answer_under_way_is_given_before_the_end_and_one_that_never_comes_is_cut_off() {
    let limits = HttpLimits { shutdown: Duration::from_millis(300), ..HttpLimits::default() };
    let world = World::with(limits).await;
    let head = |path: &str, more: &str| {
        format!("POST {path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\n{more}\r\n", world.admin)
    };
    let json = "content-type: application/json\r\ncontent-length: 12\r\n";
    let mut under_way = world.connect().await;
    under_way.write_all(head("/shown/notes", json).as_bytes()).await.unwrap();
    let mut never = world.connect().await;
    never.write_all(head("/shown/never", "").replace("POST", "GET").as_bytes()).await.unwrap();
    let metrics = world.metrics.clone();
    until("both are under way", async || metrics.text().contains("http_open_connections 2")).await;
    let (_again, server) = world.split();
    let stopping = tokio::spawn(server.stop());
    under_way.write_all(b"{\"points\":1}").await.unwrap();
    let said = until_closed(under_way).await;
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    assert_eq!(until_closed(never).await, "");
    stopping.await.unwrap();
}

#[tokio::test]
async fn a_connection_beyond_the_limit_waits_for_a_place() {
    let world = World::with(HttpLimits { connections: 1, ..HttpLimits::default() }).await;
    let first = world.connect().await;
    until("the first has the place", async || world.metrics.text().contains("http_open_connections 1")).await;
    let second = tokio::spawn(world.bare(Method::GET, "/api/health/live").send());
    assert!(!second.is_finished());
    drop(first);
    assert_eq!(second.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_504() {
    let limits = HttpLimits { answer: Duration::from_millis(50), ..HttpLimits::default() };
    let world = World::with(limits).await;
    let (status, code, _) = error(world.ask(Method::GET, "/shown/never").send().await.unwrap()).await;
    assert_eq!((status, code.as_str()), (504, "too_slow"));
}
