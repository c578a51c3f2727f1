//! How fast callers and addresses may come, and how much they may hold.

use std::net::IpAddr;
use std::time::Duration;

use domain::Role;
use gradeledger::limits::HttpLimits;
use http::Method;
use reqwest::{Client, Response};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};

use super::world::{SOON, World, error, until, until_closed};

const DOCUMENT: &str = "/api/openapi.json";

fn not_valid() -> String {
    "glt_".to_owned() + &"A".repeat(49)
}

/// Too many, with the time to wait and a sentence.
async fn turned_away(response: Response, code: &str) {
    let wait: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");
    let (status, said, detail) = error(response).await;
    assert_eq!((status, said.as_str()), (429, code), "{detail}");
}

impl World {
    async fn read_as(&self, token: &str) -> Response {
        self.bare(Method::GET, DOCUMENT).bearer_auth(token).send().await.unwrap()
    }

    /// How often this was a reason to turn someone away.
    fn turned_away_for(&self, reason: &str) -> String {
        let series = format!("http_turned_away_total{{reason=\"{reason}\"}} ");
        let text = self.metrics.text();
        text.lines().find_map(|line| line.strip_prefix(&series)).unwrap().to_owned()
    }

    /// A client whose connections come from this address of the machine.
    async fn connect_from(&self, address: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((address.parse::<IpAddr>().unwrap(), 0).into()).unwrap();
        socket.connect(self.server.address()).await.unwrap()
    }
}

#[tokio::test]
async fn a_caller_who_sends_too_many_is_told_to_wait_and_nobody_else_is() {
    let world =
        World::with(HttpLimits { caller_requests: 1, caller_burst: 3, ..HttpLimits::default() }).await;
    let (hasty, other) = (world.token(Role::Grader).await, world.token(Role::Auditor).await);
    let mut statuses = Vec::new();
    // Three are a burst. A slow machine may let one come back in between.
    for _ in 0..8 {
        statuses.push(world.read_as(&hasty).await.status().as_u16());
    }
    assert_eq!(statuses[..3], [200; 3]);
    assert!(statuses.contains(&429), "{statuses:?}");
    turned_away(world.read_as(&hasty).await, "too_many_requests").await;
    assert_eq!(world.read_as(&other).await.status(), 200, "at the same address");
    assert_ne!(world.turned_away_for("caller"), "0");
}

#[tokio::test]
async fn a_token_that_is_not_valid_is_told_so_five_times_and_a_valid_one_is_taken_at_any_time() {
    let world = World::new().await;
    let known = world.token(Role::Grader).await;
    assert_eq!(world.read_as(&known).await.status(), 200);
    for _ in 0..5 {
        assert_eq!(world.read_as(&not_valid()).await.status(), 401);
    }
    turned_away(world.read_as(&not_valid()).await, "too_many_sign_ins").await;
    assert_eq!(world.turned_away_for("sign_ins"), "1");
    assert_eq!(world.read_as(&known).await.status(), 200, "who was let in before");
    assert_eq!(
        world.read_as(&world.token(Role::Auditor).await).await.status(),
        200,
        "who comes for the first time"
    );
    let none = world.bare(Method::GET, DOCUMENT).send().await.unwrap();
    assert_eq!(none.status(), 401, "no token is no attempt");
}

#[tokio::test]
async fn a_revoked_token_that_goes_on_asking_is_turned_away_like_one_that_never_was_valid() {
    let limits = HttpLimits { token_cache: Duration::from_millis(1), ..HttpLimits::default() };
    let world = World::with(limits).await;
    let token = world.token(Role::Grader).await;
    assert_eq!(world.read_as(&token).await.status(), 200);
    let listed = gradeledger::tokens::list(&world.keys).await.unwrap();
    let grader = listed.iter().find(|token| token.role == "grader").unwrap();
    assert!(gradeledger::tokens::revoke(&world.keys, grader.token_id).await.unwrap());
    until("it is turned away", async || world.read_as(&token).await.status() == 429).await;
}

#[tokio::test]
async fn strangers_share_the_pace_of_their_address_which_is_not_that_of_who_is_known() {
    let world =
        World::with(HttpLimits { stranger_requests: 1, stranger_burst: 3, ..HttpLimits::default() }).await;
    let known = world.token(Role::Grader).await;
    assert_eq!(world.read_as(&known).await.status(), 200);
    let mut turned = None;
    for path in
        ["/api/health/live", "/nothing", DOCUMENT, "/api/health/live", "/nothing", DOCUMENT, "/nothing"]
    {
        let answer = world.bare(Method::GET, path).send().await.unwrap();
        if answer.status() == 429 {
            turned = Some(answer);
        }
    }
    turned_away(turned.expect("one of seven is too many"), "too_many_requests").await;
    assert_eq!(world.read_as(&known).await.status(), 200, "at the same address");
    assert_ne!(world.turned_away_for("strangers"), "0");
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_is_a_sender_of_their_own_and_without_trust_none_is() {
    let world = World::new().await;
    let behind = world.behind(&["127.0.0.0/8"]);
    let client = Client::builder().no_proxy().timeout(SOON).build().unwrap();
    let ask = async |server: &gradeledger::http::Server, client_address: &str| {
        let request = client.get(format!("http://{}{DOCUMENT}", server.address())).bearer_auth(not_valid());
        request.header("x-forwarded-for", client_address).send().await.unwrap().status().as_u16()
    };
    for _ in 0..5 {
        assert_eq!(ask(&behind, "198.51.100.1").await, 401);
        assert_eq!(ask(&world.server, "198.51.100.1").await, 401);
    }
    assert_eq!(ask(&behind, "198.51.100.1").await, 429);
    assert_eq!(ask(&behind, "198.51.100.2").await, 401, "another client of the proxy");
    assert_eq!(
        ask(&behind, "198.51.100.2, 198.51.100.1").await,
        429,
        "what the client itself claims is not read"
    );
    assert_eq!(ask(&world.server, "198.51.100.2").await, 429, "a header of no proxy is anyone's word");
}

#[tokio::test]
async fn no_address_holds_all_connections() {
    let limits = HttpLimits { connections: 8, connections_per_address: 2, ..HttpLimits::default() };
    let world = World::with(limits).await;
    let idle = [world.connect_from("127.0.0.1").await, world.connect_from("127.0.0.1").await];
    until("both are open", async || world.metrics.text().contains("http_open_connections 2")).await;
    let said = until_closed(world.connect_from("127.0.0.1").await).await;
    assert!(said.starts_with("HTTP/1.1 429 Too Many Requests\r\n"), "{said}");
    let (head, body) = said.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("content-length: {}", body.len())), "{said}");
    let told: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(told["code"], "too_many_connections");
    assert_eq!(world.turned_away_for("connections"), "1");

    let mut other = world.connect_from("127.0.0.2").await;
    other.write_all(b"GET /api/health/live HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await.unwrap();
    assert!(until_closed(other).await.starts_with("HTTP/1.1 200"), "another address");

    drop(idle);
    until("the places of the address are free again", async || {
        let mut again = world.connect_from("127.0.0.1").await;
        let _ =
            again.write_all(b"GET /api/health/live HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await;
        until_closed(again).await.starts_with("HTTP/1.1 200")
    })
    .await;
}

#[tokio::test]
async fn one_callers_slow_uploads_leave_places_for_others() {
    let wait = Duration::from_millis(20);
    let limits = HttpLimits { uploads: 3, uploads_per_caller: 2, upload_wait: wait, ..HttpLimits::default() };
    let world = World::with(limits).await;
    let (slow, other) = (world.token(Role::Grader).await, world.admin.clone());
    let upload = |token: &str| {
        world.bare(Method::POST, "/shown/pdf").bearer_auth(token).header("content-type", "application/pdf")
    };
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = world.connect().await;
        let head = format!(
            "POST /shown/pdf HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {slow}\r\ncontent-type: application/pdf\r\n\
             content-length: 1000\r\n\r\n%PDF"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        held.push(stream);
    }
    until("the third of the same caller is too many", async || {
        upload(&slow).body("%PDF-1.7").send().await.unwrap().status() == 429
    })
    .await;
    turned_away(upload(&slow).body("%PDF-1.7").send().await.unwrap(), "too_many_uploads").await;
    assert_eq!(upload(&other).body("%PDF-1.7").send().await.unwrap().status(), 200);
    drop(held);
    until("the places come back", async || {
        upload(&slow).body("%PDF-1.7").send().await.unwrap().status() == 200
    })
    .await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_is_given_up() {
    let limits = HttpLimits { stalled_client: Duration::from_millis(500), ..HttpLimits::default() };
    let world = World::with(limits).await;
    let mut stream = world.connect().await;
    let ask =
        format!("GET /shown/large HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {}\r\n\r\n", world.admin);
    stream.write_all(ask.as_bytes()).await.unwrap();
    until("it is being answered", async || world.metrics.text().contains("http_open_connections 1")).await;
    until("it is given up", async || world.metrics.text().contains("http_open_connections 0")).await;
    drop(stream);
}

#[tokio::test]
async fn a_token_is_one_however_the_header_is_written_and_all_tokens_of_a_caller_have_one_pace() {
    let world =
        World::with(HttpLimits { caller_requests: 1, caller_burst: 4, ..HttpLimits::default() }).await;
    let ask = async |header: String| {
        let request = world.bare(Method::GET, DOCUMENT).header("authorization", header);
        request.send().await.unwrap().status().as_u16()
    };
    let token = world.token(Role::Grader).await;
    let mut said = Vec::new();
    for scheme in ["Bearer ", "bearer ", "bEaReR  ", "BEARER   ", "beARer ", "beareR  ", "BeArEr ", "BEARer "]
    {
        said.push(ask(format!("{scheme}{token}")).await);
    }
    assert!(said.contains(&200) && said.contains(&429), "{said:?}");
    // Another token of the same person, from the same name.
    let another = world.token(Role::Grader).await;
    let again = [ask(format!("Bearer {another}")).await, ask(format!("Bearer {another}")).await];
    assert!(again.contains(&429), "{again:?}");
    assert_eq!(ask(format!("Bearer {}", world.token(Role::Auditor).await)).await, 200);
}

#[tokio::test]
async fn who_comes_for_the_first_time_gets_in_beside_a_flood_of_requests_without_a_token() {
    let world =
        World::with(HttpLimits { stranger_requests: 1, stranger_burst: 1, ..HttpLimits::default() }).await;
    let flood = async || world.bare(Method::GET, "/nothing").send().await.unwrap().status();
    until("the strangers' pace is used up", async || flood().await == 429).await;
    for name in ["Anna", "Bob", "Carl"] {
        let (token, _) = gradeledger::tokens::create(&world.keys, Role::Grader, name, None).await.unwrap();
        assert_eq!(world.read_as(token.reveal()).await.status(), 200, "{name}");
    }
    // One a second comes back to them.
    until("it is used up still", async || flood().await == 429).await;
}
