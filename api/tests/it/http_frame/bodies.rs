//! JSON bodies: their type, their size, their members, their pace.

use std::time::Duration;

use gradeledger::limits::HttpLimits;
use http::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use super::world::{World, error, until_closed};

#[tokio::test]
async fn a_command_reaches_its_handler_with_key_and_digest_and_answers_with_its_position() {
    let world = World::new().await;
    let request = world.ask(Method::POST, "/shown/notes").header("idempotency-key", "k-1");
    let response = request.json(&json!({ "points": 3 })).send().await.unwrap();
    assert_eq!(response.headers()["ledger-position"], "00000000000000000000000000000000.7");
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body["points"], &body["key"]), (&json!(3), &json!("k-1")));
    let digest = domain::Digest::of(br#"{"points":3}"#);
    assert_eq!(body["command"], format!("gradeledger-command v1\nPOST /shown/notes\n{digest}\n"));
}

#[tokio::test]
async fn what_is_wrong_with_a_document_is_named() {
    let world = World::new().await;
    for (text, said) in [
        (r#"{"points": 1, "mark": 2}"#, "mark: unknown field `mark`"),
        (r#"{"points": "one"}"#, "points: invalid type"),
        (r#"{"points": 1.5}"#, "points: invalid type"),
        (r#"{"points": NaN}"#, "points: expected"),
        ("{", "EOF"),
        ("", "missing field `points`"),
    ] {
        let request = world.ask(Method::POST, "/shown/notes").header("content-type", "application/json");
        let (status, code, detail) = error(request.body(text).send().await.unwrap()).await;
        assert_eq!((status, code.as_str()), (400, "invalid_json"), "{text}");
        assert!(detail.starts_with(said), "{text}: {detail}");
    }
}

#[tokio::test]
async fn another_type_is_415() {
    let world = World::new().await;
    let request = world.ask(Method::POST, "/shown/notes").header("content-type", "text/plain");
    let (status, code, _) = error(request.body(r#"{"points": 1}"#).send().await.unwrap()).await;
    assert_eq!((status, code.as_str()), (415, "unsupported_media_type"));
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_413_with_and_without_its_length_announced() {
    let world = World::new().await;
    let large = format!(r#"{{"points": {}1}}"#, " ".repeat(1_000_000));
    for chunked in [false, true] {
        let request = world.ask(Method::POST, "/shown/notes").header("content-type", "application/json");
        let body = if chunked { in_chunks(large.clone().into_bytes()) } else { large.clone().into() };
        let (status, code, detail) = error(request.body(body).send().await.unwrap()).await;
        assert_eq!((status, code.as_str()), (413, "body_too_large"), "chunked: {chunked}");
        assert!(detail.contains("1000000 bytes"), "{detail}");
    }
}

pub(super) fn in_chunks(bytes: Vec<u8>) -> reqwest::Body {
    let parts: Vec<Result<Vec<u8>, std::io::Error>> =
        bytes.chunks(10_000).map(|part| Ok(part.to_vec())).collect();
    reqwest::Body::wrap_stream(futures::stream::iter(parts))
}

#[tokio::test]
async fn a_body_that_stops_arriving_is_408() {
    let limits = HttpLimits { body: Duration::from_millis(50), ..HttpLimits::default() };
    let world = World::with(HttpLimits { drain: Duration::from_millis(50), ..limits }).await;
    let head = format!(
        "POST /shown/notes HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: 20\r\n\r\n{{\"points\"",
        world.admin
    );
    let said = world.raw(head.as_bytes()).await;
    assert!(said.starts_with("HTTP/1.1 408") && said.contains("body_too_slow"), "{said}");
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_never_taken_for_whole() {
    let world = World::new().await;
    let head = format!(
        "POST /shown/notes HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: 20\r\n\r\n{{\"points\": 1}}",
        world.admin
    );
    let mut stream = world.connect().await;
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let said = until_closed(stream).await;
    assert!(!said.starts_with("HTTP/1.1 200"), "{said}");
}

#[tokio::test]
async fn headers_that_do_not_end_end_the_connection() {
    let limits = HttpLimits { header: Duration::from_millis(50), ..HttpLimits::default() };
    let world = World::with(limits).await;
    let said = world.raw(b"GET /api/health/live HTTP/1.1\r\nhost: a\r\nx-slow").await;
    assert!(!said.contains("200 OK"), "{said}");
}

#[tokio::test]
async fn headers_without_end_are_refused() {
    let world = World::new().await;
    let request =
        format!("GET /api/health/live HTTP/1.1\r\nhost: a\r\nx-long: {}\r\n\r\n", "x".repeat(40_000));
    let said = world.raw(request.as_bytes()).await;
    assert!(said.starts_with("HTTP/1.1 431"), "{said}");
}
