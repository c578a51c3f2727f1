//! Clients that send a command and do not wait for its answer.

use std::collections::HashMap;

use futures::future::join_all;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::place::Place;
use super::seen;

const GONE: usize = 60;
const WAITING: usize = 60;

#[tokio::test]
async fn clients_that_are_gone_stop_no_batch_and_each_command_is_applied_once_or_not_at_all() {
    let place = Place::new().await;
    let office = place.service().await;
    let desk = &office.desk;
    let gone = async |n: usize| {
        let body = json!({"code": format!("GONE-{n}")}).to_string();
        let request = format!(
            "POST /api/exams HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nIdempotency-Key: gone-{n}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            desk.address,
            desk.admin.token,
            body.len(),
        );
        let mut stream = TcpStream::connect(desk.address).await.unwrap();
        // Some are gone before they have said all; the rest before they are answered.
        let said = if n.is_multiple_of(4) { request.len() - 3 } else { request.len() };
        stream.write_all(&request.as_bytes()[..said]).await.unwrap();
    };
    let waiting = async |n: usize| {
        let body = json!({"code": format!("WAITING-{n}")});
        desk.post(&desk.admin, "/api/exams", body).await.body(201);
    };
    tokio::join!(join_all((0..GONE).map(gone)), join_all((0..WAITING).map(waiting)));

    // What was still under way when the last answer came is recorded before the service has stopped.
    let codes = async || -> HashMap<String, usize> {
        let mut codes = HashMap::new();
        for (_, payload) in place.payloads("ExamCreated").await {
            *codes.entry(payload["ExamCreated"]["code"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        codes
    };
    seen("the server is ready for the next", async || {
        let said = desk.get(&desk.auditor, "/api/exams?limit=200").await;
        (said.status == 200).then_some(())
    })
    .await;
    office.stop().await;
    let codes = codes().await;
    for n in 0..WAITING {
        assert_eq!(codes.get(&format!("WAITING-{n}")), Some(&1));
    }
    assert!(codes.values().all(|count| *count == 1), "{codes:?}");
    for n in (0..GONE).step_by(4) {
        assert_eq!(codes.get(&format!("GONE-{n}")), None, "half a command was applied");
    }
    place.assert_sound().await;
}
