//! What clients send makes no series, and nothing of it stands in one.

use futures::stream::{self, StreamExt as _};
use gradeledger::service::ServiceSettings;
use http::{HeaderValue, Method};
use uuid::Uuid;

use super::super::desk::{Desk, Figures};
use super::super::place::Place;
use super::series;

/// Requests, no two of them alike.
const REQUESTS: u32 = 10_000;
/// Sent at the same time.
const AT_ONCE: usize = 16;
/// Stands in everything that a client can make up.
const MARKER: &str = "anna-mueller";

/// Where a client's own words can stand: `ID` is one of them.
const PATHS: [&str; 12] = [
    "/ID",
    "/api/ID",
    "/api/copies/ID",
    "/api/copies/ID/lock/status",
    "/api/copies/ID/pages/ID.png",
    "/api/copies/ID/annotations/ID",
    "/api/copies/ID/scores/ID",
    "/api/exams/ID/copies/import",
    "/api/projections/ID/retry",
    "/api/events/ID",
    "/metrics/ID",
    "/api/health/live",
];

const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW-ID"];

/// What an id may look like, told by the request's number alone, so that every run is the same.
fn id(number: u32) -> String {
    match number % 5 {
        0 => Uuid::from_u128(u128::from(number) << 64 | 7).to_string(),
        1 => format!("{MARKER}-{number}"),
        2 => format!("%00%0A{MARKER}%22%7D%20{number}"),
        3 => format!("..%2F{MARKER}%2F{number}"),
        _ => format!("%C3%BC%E2%80%AE{MARKER}{number}"),
    }
}

async fn send(desk: &Desk, number: u32) {
    let pick = |from: &[&'static str], by: u32| from[by as usize % from.len()];
    let path = pick(&PATHS, number).replace("ID", &id(number));
    let method = pick(&METHODS, number / 12).replace("ID", &number.to_string());
    let path = format!("{path}?{MARKER}={number}&at_sequence={number}");
    let header = |text: String| HeaderValue::from_bytes(text.as_bytes()).unwrap();
    let mut request = desk
        .bare(Method::from_bytes(method.as_bytes()).unwrap(), &path)
        .header("x-request-id", header(format!("{MARKER}-{number}")))
        .header("user-agent", header(format!("{MARKER}/{number}")))
        .header("idempotency-key", header(format!("{MARKER}-{number}")))
        .header("traceparent", header(format!("00-{number:032x}-{number:016x}-01")))
        .header(format!("x-{MARKER}-{number}"), header(format!("ü{MARKER}")));
    if !number.is_multiple_of(3) {
        request = request.bearer_auth(if number % 3 == 1 { desk.admin.token.as_str() } else { MARKER });
    }
    if number.is_multiple_of(7) {
        request = request.body(format!("{{\"{MARKER}\": {number}}}"));
    }
    let status = request.send().await.unwrap().status();
    assert!(!status.is_server_error(), "{method} {path}: {status}");
}

fn counted(figures: &Figures) -> f64 {
    let requests = figures.0.lines().filter(|line| line.starts_with("http_requests_total{"));
    requests.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum()
}

#[tokio::test]
async fn ten_thousand_odd_requests_make_not_one_series_more() {
    let place = Place::new().await;
    // Most of them are to get past the door: that they would be turned away there is another test's.
    let unpaced = |settings: &mut ServiceSettings| {
        let http = &mut settings.limits.http;
        for limit in [&mut http.caller_burst, &mut http.stranger_burst, &mut http.failed_sign_ins] {
            *limit = 2 * REQUESTS;
        }
    };
    let office = place.service_with(unpaced).await;
    let desk = &office.desk;
    let before = desk.metrics().await;
    stream::iter(0..REQUESTS).for_each_concurrent(AT_ONCE, |number| send(desk, number)).await;
    let after = desk.metrics().await;
    assert!(counted(&after) - counted(&before) >= f64::from(REQUESTS));
    let (before, after) = (series(&before), series(&after));
    let new: Vec<&&str> = after.difference(&before).collect();
    assert!(new.is_empty(), "{new:#?}");
    assert_eq!(before, after);
    println!("{} series before and after {REQUESTS} requests", after.len());
    assert!(!after.iter().any(|series| series.contains(MARKER) || series.contains("BREW")), "{after:#?}");
    office.stop().await;
}
