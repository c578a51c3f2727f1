//! No token, no access; and what each role may.

use std::net::UdpSocket;
use std::time::Duration;

use domain::Role;
use gradeledger::limits::HttpLimits;
use gradeledger::tokens;
use http::Method;

use super::world::{World, error, until};

#[tokio::test]
async fn without_a_valid_token_nothing_but_health_answers() {
    let world = World::new().await;
    let unknown = "glt_".to_owned() + &"A".repeat(49);
    let none = "Bearer realm=\"gradeledger\"";
    let invalid = "Bearer realm=\"gradeledger\", error=\"invalid_token\"";
    let asked = || world.bare(Method::PUT, "/shown/notes");
    for (request, challenge) in [
        (asked(), none),
        (asked().bearer_auth(unknown), invalid),
        (asked().bearer_auth("one.two.three"), invalid),
        (asked().bearer_auth("anything"), invalid),
        (asked().header("authorization", format!("Basic {}", world.admin)), none),
        (asked().header("authorization", b"Bearer \xff".as_slice()), none),
        (world.bare(Method::GET, "/api/openapi.json"), none),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["www-authenticate"], challenge);
        assert_eq!(error(response).await.0, 401);
    }
    for path in ["/api/health/live", "/api/health/ready"] {
        assert_eq!(world.bare(Method::GET, path).send().await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn a_role_does_what_the_table_says_and_no_more() {
    let world = World::new().await;
    for (role, mark, administer, read) in
        [(Role::Admin, 200, 200, 200), (Role::Grader, 200, 403, 200), (Role::Auditor, 403, 403, 200)]
    {
        let token = world.token(role).await;
        let send = |method, path: &str| {
            world.bare(method, path).bearer_auth(&token).json(&serde_json::json!({ "points": 2 })).send()
        };
        assert_eq!(send(Method::POST, "/shown/notes").await.unwrap().status(), mark, "{role} marks");
        assert_eq!(
            send(Method::PUT, "/shown/notes").await.unwrap().status(),
            administer,
            "{role} runs exams"
        );
        assert_eq!(send(Method::GET, "/api/openapi.json").await.unwrap().status(), read, "{role} reads");
    }
}

#[tokio::test]
async fn a_revoked_token_ends_within_the_cache_time_and_an_expired_one_at_its_end() {
    let limits = HttpLimits { token_cache: Duration::from_millis(50), ..HttpLimits::default() };
    let world = World::with(limits).await;
    let token = world.token(Role::Grader).await;
    let status = async || {
        let request = world.bare(Method::GET, "/api/openapi.json").bearer_auth(&token);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status().await, 200);
    let listed = tokens::list(&world.keys).await.unwrap();
    let grader = listed.iter().find(|token| token.role == "grader").unwrap();
    assert!(tokens::revoke(&world.keys, grader.token_id).await.unwrap());
    until("the revoked token is refused", async || status().await == 401).await;
    assert!(!tokens::revoke(&world.keys, grader.token_id).await.unwrap(), "it was revoked before");

    let (short, _) =
        tokens::create(&world.keys, Role::Grader, "Bo", Some(Duration::from_secs(1))).await.unwrap();
    until("the short token is refused at its end", async || {
        let request = world.bare(Method::GET, "/api/openapi.json").bearer_auth(short.reveal());
        request.send().await.unwrap().status() == 401
    })
    .await;
}

#[tokio::test]
async fn when_tokens_cannot_be_checked_the_client_is_told_to_come_back() {
    let world = World::new().await;
    world.keys.close().await;
    let response = world.ask(Method::GET, "/api/openapi.json").send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "2");
    let (status, code, detail) = error(response).await;
    assert_eq!((status, code.as_str()), (503, "tokens_unavailable"));
    assert!(!detail.contains("pool"), "{detail}");
    let ready = world.bare(Method::GET, "/api/health/ready").send().await.unwrap();
    assert_eq!(ready.status(), 503);
    let body: serde_json::Value = ready.json().await.unwrap();
    assert_eq!((&body["status"], &body["checks"][0]["ok"]), (&"not_ready".into(), &false.into()));
}

#[tokio::test]
async fn figures_are_open_to_this_machine_and_to_others_by_token_whatever_a_header_claims() {
    let world = World::new().await;
    assert_eq!(world.bare(Method::GET, "/metrics").send().await.unwrap().status(), 200);
    // A connection to this machine's own outside address comes from that address, not from loopback.
    let probe = UdpSocket::bind("0.0.0.0:0").unwrap();
    let outside = probe.connect("192.0.2.1:9").and_then(|()| probe.local_addr());
    let Some(outside) = outside.ok().map(|address| address.ip()).filter(|ip| !ip.is_loopback()) else {
        println!("left out: this machine has no address but loopback");
        return;
    };
    let elsewhere = world.also_on(outside);
    let url = format!("http://{}/metrics", elsewhere.address());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let claimed = client.get(&url).header("x-forwarded-for", "127.0.0.1").send().await.unwrap();
    assert_eq!(error(claimed).await.0, 401);
    let shown = client.get(&url).bearer_auth(&world.admin).send().await.unwrap();
    assert_eq!(shown.status(), 200);
}
