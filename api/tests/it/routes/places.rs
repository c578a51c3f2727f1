//! `Ledger-Position` on every route: a write says where it stands in which history, and a read shows at least that.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::access::Act;
use domain::copy::ExamCopy;
use domain::{CopyId, ExamId, Role};
use gradeledger::ledger::Place;
use gradeledger::limits::HttpLimits;
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::worker;
use super::world::{Person, Said, World, an_annotation, heard, person};
use crate::follower::Follower;
use crate::torn;

/// Reads that are answered from the ledger itself, and have every position as soon as it is committed.
const FROM_THE_LEDGER: [&str; 12] = [
    "/api/status",
    "/api/projections",
    "/api/events",
    STREAM,
    "/api/openapi.json",
    "/api/me",
    "/api/copies/{copy}/pages/{page}",
    "/api/copies/{copy}/final-pdf",
    "/api/copies/{copy}/history",
    "/api/copies/{copy}/history/diff",
    "/api/subjects/{subject}/export",
    "/api/access-log",
];

/// Acts that are no events: what came of them is not told by a position.
const WITHOUT_AN_EVENT: [(&str, &str); 4] = [
    ("POST", "/api/projections/{view}/retry"),
    ("POST", "/api/subjects/{subject}/tokens"),
    ("DELETE", "/api/subjects/{subject}/tokens"),
    ("PUT", "/api/subjects/{subject}/references"),
];

/// An answer without an end.
const STREAM: &str = "/api/events/stream";

/// Writes that were made, by route, each held to its `Ledger-Position`.
struct Writes<'a> {
    world: &'a World,
    epoch: Uuid,
    made: BTreeSet<(String, String)>,
    last: i64,
}

impl Writes<'_> {
    /// Makes one, and gives the id and the token of what it answers with.
    async fn make(&mut self, who: &Person, route: (Method, &str), path: &str, with: Sent<'_>) -> Said {
        let mut request = self.world.ask(who, route.0.clone(), path);
        request = match with {
            Sent::Nothing => request,
            Sent::Json(body) => request.json(&body),
            Sent::Marks(token, body) => request.header("x-lock-token", token).json(&body),
        };
        let said = heard(request).await;
        self.note(route, said)
    }

    fn note(&mut self, (method, template): (Method, &str), said: Said) -> Said {
        let told = String::from_utf8_lossy(&said.bytes).into_owned();
        assert!((200..300).contains(&said.status), "{method} {template}: {told}");
        let place: Place = said.header("ledger-position").parse().unwrap();
        assert_eq!(place.epoch, self.epoch, "{method} {template}");
        assert!(place.number >= self.last, "{method} {template} went back to {place}");
        self.last = place.number;
        self.made.insert((method.to_string(), template.to_owned()));
        said
    }
}

enum Sent<'a> {
    Nothing,
    Json(Value),
    Marks(&'a str, Value),
}

/// Runs an exam, and gives a copy of it that is in nobody's hands.
async fn an_exam(writes: &mut Writes<'_>) -> CopyId {
    let (world, admin) = (writes.world, &writes.world.admin);
    let body = json!({"code": "MATHS-2026"});
    let created = writes.make(admin, (Method::POST, "/api/exams"), "/api/exams", Sent::Json(body)).await;
    let exam: ExamId = created.body(201)["id"].as_str().unwrap().parse().unwrap();
    let at = |tail: &str| format!("/api/exams/{exam}{tail}");
    let scheme = json!({"questions": [{"id": "1", "maximum": 10}]});
    let steps = [
        ("/api/exams/{exam}/scheme", at("/scheme"), scheme),
        ("/api/exams/{exam}/graders", at("/graders"), json!({"grader_id": world.grader.id})),
        ("/api/exams/{exam}/graders", at("/graders"), json!({"grader_id": world.other.id})),
        ("/api/exams/{exam}/release", at("/release"), json!({})),
        ("/api/exams/{exam}/withdraw", at("/withdraw"), json!({})),
    ];
    for (template, path, body) in steps {
        writes.make(admin, (Method::POST, template), &path, Sent::Json(body)).await;
    }
    let removed = (Method::DELETE, "/api/exams/{exam}/graders/{grader}");
    let path = at(&format!("/graders/{}", world.other.id));
    writes.make(admin, removed, &path, Sent::Nothing).await;
    let sent = world.send_scan(exam, "A-1", "a scan.pdf").await;
    let sent = writes.note((Method::POST, "/api/exams/{exam}/copies/import"), sent);
    let copy: CopyId = sent.body(202)["id"].as_str().unwrap().parse().unwrap();
    worker::fail_import(&world.app, copy).await;
    let at = |tail: &str| format!("/api/copies/{copy}{tail}");
    let route = (Method::POST, "/api/copies/{copy}/import/retry");
    writes.make(admin, route, &at("/import/retry"), Sent::Json(json!({"reason": "rescanned"}))).await;
    worker::import_attempt(&world.app, copy, 2).await;
    let route = (Method::POST, "/api/copies/{copy}/ready");
    writes.make(admin, route, &at("/ready"), Sent::Json(json!({}))).await;
    let route = (Method::POST, "/api/exams/{exam}/dispatch");
    writes.make(admin, route, &format!("/api/exams/{exam}/dispatch"), Sent::Json(json!({}))).await;
    let subject = subjects(writes).await;
    let acts = [
        ("assign", json!({"grader_id": null})),
        ("assign", json!({"grader_id": world.grader.id})),
        ("identify", json!({"subject_id": subject})),
        ("unidentify", json!({"reason": "the wrong envelope"})),
    ];
    for (act, body) in acts {
        let template = format!("/api/copies/{{copy}}/{act}");
        let path = format!("/api/copies/{copy}/{act}");
        writes.make(admin, (Method::POST, &template), &path, Sent::Json(body)).await;
    }
    let route = (Method::POST, "/api/exams/{exam}/archive");
    writes.make(admin, route, &format!("/api/exams/{exam}/archive"), Sent::Json(json!({}))).await;
    copy
}

/// Registers people and erases one of them, as far as HTTP goes; gives one who stays.
async fn subjects(writes: &mut Writes<'_>) -> Uuid {
    let (world, admin) = (writes.world, &writes.world.admin);
    let mut known = Vec::new();
    for name in ["Anna", "Bert"] {
        let body = Sent::Json(json!({"name": name}));
        let said = writes.make(admin, (Method::POST, "/api/subjects"), "/api/subjects", body).await;
        known.push(said.body(201)["id"].as_str().unwrap().parse::<Uuid>().unwrap());
    }
    let at = |tail: &str| format!("/api/subjects/{}{tail}", known[1]);
    let told = |tail: &str| format!("/api/subjects/{{subject}}{tail}");
    let because = || Sent::Json(json!({"reason": "asked for"}));
    let body = Sent::Json(json!({"name": "Bertram"}));
    writes.make(admin, (Method::PATCH, &told("")), &at(""), body).await;
    let held = writes.make(admin, (Method::POST, &told("/holds")), &at("/holds"), because()).await.body(200);
    let hold = at(&format!("/holds/{}", held["holds"][0]["id"].as_str().unwrap()));
    writes.make(admin, (Method::DELETE, &told("/holds/{hold}")), &hold, because()).await;
    let erasure = told("/erasure");
    writes.make(admin, (Method::POST, &erasure), &at("/erasure"), because()).await;
    writes.make(admin, (Method::DELETE, &erasure), &at("/erasure"), because()).await;
    writes.make(admin, (Method::POST, &erasure), &at("/erasure"), because()).await;
    let second = person(&world.keys, Role::Admin, "Adele").await;
    let approve = (Method::POST, told("/erasure/approve"));
    let path = at("/erasure/approve");
    writes.make(&second, (approve.0, &approve.1), &path, Sent::Json(json!({}))).await;
    known[0]
}

/// Takes it in hand, and gives the token.
async fn lock(writes: &mut Writes<'_>, copy: CopyId) -> String {
    let (route, path) = ((Method::POST, "/api/copies/{copy}/lock"), format!("/api/copies/{copy}/lock"));
    let held = writes.make(&writes.world.grader, route, &path, Sent::Json(json!({}))).await.body(200);
    held["token"].as_str().unwrap().to_owned()
}

/// Marks it in every way, and freezes the marking.
async fn marking(writes: &mut Writes<'_>, copy: CopyId) {
    let (world, grader) = (writes.world, &writes.world.grader);
    let at = |tail: &str| format!("/api/copies/{copy}{tail}");
    lock(writes, copy).await;
    let route = (Method::POST, "/api/copies/{copy}/lock/force-release");
    let reason = json!({"reason": "went home"});
    writes.make(&world.admin, route, &at("/lock/force-release"), Sent::Json(reason)).await;
    let token = lock(writes, copy).await;
    let route = (Method::DELETE, "/api/copies/{copy}/lock/release");
    writes.make(grader, route, &at("/lock/release"), Sent::Marks(&token, json!({}))).await;
    let token = lock(writes, copy).await;
    let route = (Method::POST, "/api/copies/{copy}/annotations");
    let added = writes.make(grader, route, &at("/annotations"), Sent::Marks(&token, an_annotation())).await;
    let annotation = at(&format!("/annotations/{}", added.body(201)["id"].as_str().unwrap()));
    let marks = [
        (Method::POST, "/lock/heartbeat", at("/lock/heartbeat"), json!({})),
        (
            Method::PATCH,
            "/annotations/{annotation}",
            annotation.clone(),
            json!({"revision": 1, "points": -1}),
        ),
        (Method::DELETE, "/annotations/{annotation}", format!("{annotation}?revision=2"), Value::Null),
        (Method::PUT, "/scores/{question}", at("/scores/1"), json!({"points": 7})),
        (Method::PUT, "/remarks/{question}", at("/remarks/1"), json!({"remark": "well argued"})),
        (Method::PUT, "/appreciation", at("/appreciation"), json!({"appreciation": "good"})),
        (Method::POST, "/finalize", at("/finalize"), json!({})),
    ];
    for (method, tail, path, body) in marks {
        let template = format!("/api/copies/{{copy}}{tail}");
        writes.make(grader, (method, &template), &path, Sent::Marks(&token, body)).await;
    }
}

/// What an admin does with a graded copy, until it counts no more.
async fn afterwards(writes: &mut Writes<'_>, copy: CopyId) {
    let world = writes.world;
    worker::fail_finalisation(&world.app, copy).await;
    let route = (Method::POST, "/api/copies/{copy}/finalize/retry");
    let path = format!("/api/copies/{copy}/finalize/retry");
    writes.make(&world.admin, route, &path, Sent::Json(json!({"reason": "mended"}))).await;
    worker::finalise(&world.app, copy).await;
    let reason = || json!({"reason": "asked for"});
    let acts = [
        ("export", json!({"format": "PDF"})),
        ("correct", json!({"question": "1", "points": 8, "reason": "a sum"})),
        ("reopen", reason()),
        ("void", reason()),
    ];
    for (act, body) in acts {
        let template = format!("/api/copies/{{copy}}/{act}");
        let path = format!("/api/copies/{copy}/{act}");
        writes.make(&world.admin, (Method::POST, &template), &path, Sent::Json(body)).await;
        if act == "correct" {
            worker::finalise(&world.app, copy).await;
        }
    }
}

/// What an admin does about a view that stopped.
async fn about_a_view(writes: &mut Writes<'_>, copy: CopyId) {
    let world = writes.world;
    torn::tear(world.database.pool(), copy).await;
    world.view_when("annotations", "it is stopped", |view| view["state"] == "stopped").await;
    for act in ["park", "unpark"] {
        let template = format!("/api/projections/{{view}}/{act}");
        let body = Sent::Json(json!({"stream": copy, "reason": "no fix before Monday"}));
        let path = format!("/api/projections/annotations/{act}");
        writes.make(&world.admin, (Method::POST, &template), &path, body).await;
    }
}

#[tokio::test]
async fn every_write_says_where_it_stands_and_in_which_epoch() {
    let world = World::new().await;
    let epoch = world.app.ledger.epoch().await.unwrap();
    let mut writes = Writes { world: &world, epoch, made: BTreeSet::new(), last: 1 };
    let copy = an_exam(&mut writes).await;
    marking(&mut writes, copy).await;
    afterwards(&mut writes, copy).await;
    about_a_view(&mut writes, copy).await;
    let on_the_page = world.page.iter().filter(|route| *route.method() != Method::GET);
    let mut all: BTreeSet<_> =
        on_the_page.map(|route| (route.method().to_string(), route.template().to_owned())).collect();
    for (method, template) in WITHOUT_AN_EVENT {
        assert!(all.remove(&(method.to_owned(), template.to_owned())), "{method} {template}");
    }
    assert_eq!(writes.made, all);
}

/// Every route that reads, with the ids of a graded copy in its path.
async fn reads(world: &World) -> Vec<(&'static str, String)> {
    let copy = world.graded().await;
    let state = world.app.ledger.load::<ExamCopy>(copy.0).await.unwrap().state;
    let exam = state.state.identity().unwrap().exam;
    let subject = world.subject("Anna").await;
    let annotation = *state.state.paper().unwrap().marking.annotations.keys().next().unwrap();
    let filled = |template: &str| {
        let path = template.replace("{copy}", &copy.to_string()).replace("{exam}", &exam.to_string());
        path.replace("{annotation}", &annotation.to_string())
            .replace("{subject}", &subject.to_string())
            .replace("{page}", "0.png")
    };
    let reads = world.page.iter().filter(|route| *route.method() == Method::GET);
    reads
        .filter(|route| !matches!(route.act(), Act::Open | Act::Scrape | Act::ReadOwnResults))
        .map(|route| (route.template(), filled(route.template())))
        .collect()
}

async fn read(world: &World, path: &str, seen: impl ToString) -> Said {
    heard(world.ask(&world.admin, Method::GET, path).header("ledger-position", seen.to_string())).await
}

#[tokio::test]
async fn every_read_shows_what_its_reader_has_seen_or_says_how_far_its_view_is() {
    let limits = HttpLimits { read_your_writes: Duration::from_millis(20), ..HttpLimits::default() };
    let world = World::without_projectors(limits).await;
    let reads = reads(&world).await;
    let head = world.app.ledger.standing().await.unwrap();
    let place = Place { epoch: head.epoch, number: head.head };
    for (template, path) in reads {
        if template == STREAM {
            let request = world.ask(&world.admin, Method::GET, &path);
            Follower::open(request.header("ledger-position", place.to_string())).await;
            continue;
        }
        let said = read(&world, &path, place).await;
        if FROM_THE_LEDGER.contains(&template) {
            assert_eq!(said.status, 200, "{template}");
            continue;
        }
        assert_eq!(said.status, 504, "{template}: {}", String::from_utf8_lossy(&said.bytes));
        let behind = said.refused(504, "view_behind");
        assert_eq!((&behind["position"], &behind["head"]), (&json!(0), &json!(head.head)), "{template}");
        assert!(behind["view"].is_string() && behind["lag_ms"].is_u64(), "{template}: {behind}");
    }
}

#[tokio::test]
async fn every_read_refuses_what_was_seen_in_another_history_or_past_the_head() {
    let world = World::new().await;
    let reads = reads(&world).await;
    let other = Place { epoch: Uuid::now_v7(), number: 1 };
    let head = world.app.ledger.standing().await.unwrap().head;
    for (_, path) in reads {
        read(&world, &path, other).await.refused(409, "other_epoch");
        assert_eq!(read(&world, &path, head + 1).await.refused(409, "other_epoch")["head"], head);
    }
}

#[tokio::test]
async fn a_position_without_its_epoch_is_taken_as_one_of_now() {
    let world = World::new().await;
    let created = world.post(&world.admin, "/api/exams", json!({"code": "A"})).await;
    let place = created.header("ledger-position");
    assert_eq!(read(&world, created.header("location"), place).await.status, 200);
    assert_eq!(read(&world, created.header("location"), created.position()).await.status, 200);
}
