//! Every error is JSON with a request id, whoever found it.

use http::Method;

use super::world::{World, error};

#[tokio::test]
async fn an_unknown_path_is_404_and_another_method_is_405_with_what_the_path_takes() {
    let world = World::new().await;
    let (status, code, _) = error(world.ask(Method::GET, "/api/nothing").send().await.unwrap()).await;
    assert_eq!((status, code.as_str()), (404, "not_found"));
    let response = world.ask(Method::DELETE, "/shown/notes").send().await.unwrap();
    assert_eq!(response.headers()["allow"], "POST, PUT");
    let (status, code, detail) = error(response).await;
    assert_eq!(
        (status, code.as_str(), detail.as_str()),
        (405, "method_not_allowed", "this path takes POST, PUT")
    );
    let response = world.ask(Method::POST, "/shown/panic").send().await.unwrap();
    assert_eq!(response.headers()["allow"], "GET, HEAD");
}

#[tokio::test]
async fn an_id_that_is_none_is_404_in_the_same_shape() {
    let world = World::new().await;
    let (status, code, _) = error(world.ask(Method::GET, "/shown/copies/Anna").send().await.unwrap()).await;
    assert_eq!((status, code.as_str()), (404, "not_found"));
}

#[tokio::test]
async fn a_request_id_comes_back_and_one_that_could_forge_a_log_line_is_replaced() {
    let world = World::new().await;
    for (path, status) in [("/api/health/live", 200), ("/api/nothing", 404)] {
        let response =
            world.bare(Method::GET, path).header("x-request-id", "front-end.7_A").send().await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["x-request-id"], "front-end.7_A");
        let response =
            world.bare(Method::GET, path).header("x-request-id", "a\t{\"b\"}").send().await.unwrap();
        let id = response.headers()["x-request-id"].to_str().unwrap();
        assert_eq!(uuid::Uuid::parse_str(id).unwrap().get_version_num(), 7);
    }
    let said = world
        .raw(b"GET /api/health/live HTTP/1.1\r\nhost: a\r\nx-request-id: a\n{\"level\":\"forged\"}\r\nconnection: close\r\n\r\n")
        .await;
    assert!(said.starts_with("HTTP/1.1 400") && !said.contains("forged"), "{said}");
}

#[tokio::test]
async fn a_panic_is_500_that_hides_its_cause_and_the_server_goes_on() {
    let world = World::new().await;
    for path in ["/shown/panic", "/shown/fault"] {
        let (status, code, detail) = error(world.ask(Method::GET, path).send().await.unwrap()).await;
        assert_eq!((status, code.as_str()), (500, "internal"));
        assert!(!detail.contains("compass") && !detail.contains("db7"), "{detail}");
    }
    let response = world.bare(Method::GET, "/api/health/live").send().await.unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn headers_that_are_out_of_form_are_refused_by_name() {
    let world = World::new().await;
    let path = format!("/shown/copies/{}", uuid::Uuid::nil());
    let long = "x".repeat(129);
    for (name, value) in [
        ("idempotency-key", long.as_str()),
        ("idempotency-key", "a b"),
        ("x-lock-token", ""),
        ("ledger-position", "-1"),
        ("ledger-position", "now"),
    ] {
        let response = world.ask(Method::GET, &path).header(name, value).send().await.unwrap();
        let (status, code, detail) = error(response).await;
        assert_eq!((status, code.as_str()), (400, "invalid_header"), "{name}: {value}");
        assert!(detail.to_lowercase().contains(name), "{detail}");
    }
    let twice = world.ask(Method::GET, &path).header("idempotency-key", "a").header("idempotency-key", "b");
    assert_eq!(error(twice.send().await.unwrap()).await.1, "invalid_header");
}

#[tokio::test]
async fn a_wait_is_cut_to_its_limit() {
    let world = World::new().await;
    let path = format!("/shown/copies/{}", uuid::Uuid::nil());
    for (sent, waited) in [("wait=10", 10), ("wait=100000", 60)] {
        let response = world.ask(Method::GET, &path).header("prefer", sent).send().await.unwrap();
        let body: serde_json::Value = response.json().await.unwrap();
        assert_eq!(body["wait"], waited);
    }
}

#[tokio::test]
async fn every_answer_says_how_it_may_be_used_and_is_kept_nowhere_unless_it_says_so() {
    let world = World::new().await;
    for request in [
        world.bare(Method::GET, "/api/health/live"),
        world.bare(Method::GET, "/api/copies"),
        world.ask(Method::GET, "/api/exams"),
        world.ask(Method::GET, "/api/openapi.json"),
        world.ask(Method::GET, "/shown/fault"),
        world.ask(Method::GET, "/nothing/here"),
        world.ask(Method::OPTIONS, "/api/exams"),
    ] {
        let response = request.send().await.unwrap();
        let header = |name: &str| response.headers().get(name).map(|it| it.to_str().unwrap().to_owned());
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(header(name).as_deref(), Some(value), "{name} of {}", response.url());
        }
        for name in ["server", "x-powered-by", "access-control-allow-origin"] {
            assert_eq!(header(name), None, "{name}");
        }
    }
}
