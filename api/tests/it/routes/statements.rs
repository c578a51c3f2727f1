//! What each request of a grader asks of the databases, statement by statement, as Postgres itself logs it.
//!
//! At two thousand requests a second one statement more is two thousand round trips more. Whoever changes a line of the table
//! says in the commit what it is worth.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::CopyId;
use fixtures::database::TestCluster;
use gradeledger::access_log::AccessLogLimits;
use gradeledger::limits::HttpLimits;
use http::Method;
use projections::views::copies;
use projections::{FeedLimits, ProjectorLimits, Projectors};
use serde_json::json;
use sqlx::ConnectOptions as _;

use super::world::{SOON, World, an_annotation};

/// By request, in their order. What is asked of several streams at the same moment is one statement.
const ASKED: [(&str, &[&str]); 8] = [
    ("lock", &["where streams stand", "append"]),
    ("heartbeat", &["where streams stand", "append"]),
    ("annotate", &["where streams stand", "append"]),
    ("revise", &["where streams stand", "sealed texts", "append"]),
    ("score", &["where streams stand", "append"]),
    ("read a page", &["where streams stand", "access log"]),
    (
        "read the copy",
        &["where streams stand", "epoch and head", "where a view stands", "copy", "access log"],
    ),
    ("finalise", &["where streams stand", "append"]),
];

/// What tells a statement, and what it is called here. Those without a name come by the clock, whoever asks for what: a token
/// every two seconds, the news of an append, and the end of a listener's connection.
const NAMES: [(&str, Option<&str>); 12] = [
    ("AS asked (aggregate_type", Some("where streams stand")),
    ("FROM append_events(", Some("append")),
    ("SELECT append_events_of_one(", Some("append")),
    ("FROM vault WHERE commitment", Some("sealed texts")),
    ("FROM ledger_head", Some("epoch and head")),
    ("SELECT position FROM projections", Some("where a view stands")),
    ("FROM copies_v2 WHERE copy_id", Some("copy")),
    ("INSERT INTO access_log", Some("access log")),
    ("FROM tokens t", None),
    ("pg_notify", None),
    ("UNLISTEN", None),
    (MARK, None),
];

/// Stands in the log where an act begins and where it has ended.
const MARK: &str = "a mark of this test";

#[tokio::test]
async fn each_request_of_a_grader_asks_the_databases_for_what_it_is_known_to_and_no_more() {
    let logged = Logged::new().await;
    let world = &logged.world;
    let copies = [world.ready().await, world.ready().await];
    // The first request about a copy folds streams and makes a key. What counts is what comes again and again.
    for copy in copies {
        assert_eq!(world.get(&world.grader, &format!("/api/copies/{copy}/pages/0.png")).await.status, 200);
    }
    let held = world.lock(&world.grader, copies[0]).await;
    let path = format!("/api/copies/{}", held.copy);
    let made = world.mark(&held, Method::POST, "/annotations", an_annotation()).await.body(201);
    let annotation = format!("/annotations/{}", made["id"].as_str().unwrap());
    let revised = json!({"revision": 1, "text": "Non, elle y est."});
    let acts = [
        ("heartbeat", Method::POST, "/lock/heartbeat", json!({"ttl_seconds": 1_200}), 200),
        ("annotate", Method::POST, "/annotations", an_annotation(), 201),
        ("revise", Method::PATCH, annotation.as_str(), revised, 200),
        ("score", Method::PUT, "/scores/1", json!({"points": 7.5}), 200),
    ];

    let mut asked =
        vec![("lock", logged.asked(async || drop(world.lock(&world.grader, copies[1]).await)).await)];
    for (name, method, tail, body, status) in acts {
        let act = async || drop(world.mark(&held, method, tail, body).await.body(status));
        asked.push((name, logged.asked(act).await));
    }
    let page = async || {
        assert_eq!(world.get(&world.grader, &format!("{path}/pages/0.png")).await.status, 200);
    };
    asked.push(("read a page", logged.asked(page).await));
    let seen = logged.fold(held.copy).await;
    let copy = async || drop(world.see(&world.grader, &path, seen).await.body(200));
    asked.push(("read the copy", logged.asked(copy).await));
    let finalise = async || drop(world.mark(&held, Method::POST, "/finalize", json!({})).await.body(202));
    asked.push(("finalise", logged.asked(finalise).await));

    let known =
        ASKED.map(|(name, statements)| (name, statements.iter().map(|it| (*it).to_owned()).collect()));
    assert_eq!(asked, known);
}

/// A world whose Postgres logs every statement, and whose views are folded only when they are told to.
struct Logged {
    world: World,
    log: PathBuf,
    marks: AtomicU32,
    _cluster: TestCluster,
}

impl Logged {
    async fn new() -> Self {
        let cluster = TestCluster::own().await;
        let database = cluster.database().await;
        for options in [database.connect_options(), database.keys_connect_options()] {
            let name = options.get_database().unwrap();
            let log_all = format!("ALTER DATABASE \"{name}\" SET log_statement = 'all'");
            sqlx::query(&log_all).execute(&mut options.connect().await.unwrap()).await.unwrap();
        }
        let (http, feed, log) = (HttpLimits::default(), FeedLimits::default(), AccessLogLimits::default());
        let world = World::on(database, http, feed, log).await;
        Self { world, log: cluster.postgres().log(), marks: AtomicU32::new(0), _cluster: cluster }
    }

    /// Has the view of copies folded up to the copy's last event, whose position it answers.
    async fn fold(&self, copy: CopyId) -> i64 {
        let (views, last) = (&self.world.app.views, self.world.last_position(copy).await);
        let projectors = Projectors::start(views, ProjectorLimits::default());
        views.wait_for(copies::VIEW, last, SOON).await.unwrap();
        projectors.stop().await;
        last
    }

    /// What an act leads to, by name; a statement that has none is given as it is.
    async fn asked(&self, act: impl AsyncFnOnce()) -> Vec<String> {
        // What is queued for the log of accesses is part of what an act costs, and of that act alone: rows are gathered for a while.
        self.world.app.access_log.flush().await;
        let begin = self.mark().await;
        act().await;
        self.world.app.access_log.flush().await;
        let end = self.mark().await;
        let log = std::fs::read_to_string(&self.log).unwrap();
        // From the line of the one mark to that of the other.
        let at = |mark: String| log[..log.find(&mark).unwrap()].rfind('\n').unwrap();
        let named = statements(&log[at(begin)..at(end)]).into_iter().filter_map(|statement| {
            match NAMES.iter().find(|(part, _)| statement.contains(part)) {
                Some((_, name)) => name.map(str::to_owned),
                None => Some(statement),
            }
        });
        named.collect()
    }

    async fn mark(&self) -> String {
        let mark = format!("{MARK}: {};", self.marks.fetch_add(1, Ordering::Relaxed));
        sqlx::query(&format!("SELECT '{mark}'")).execute(self.world.database.pool()).await.unwrap();
        mark
    }
}

/// The statements of a log, each in one line.
fn statements(log: &str) -> Vec<String> {
    let mut all = Vec::<String>::new();
    let mut goes_on = false;
    for line in log.lines() {
        let said = line.split_once("LOG:  ").map(|(_, said)| said);
        let said = said.filter(|said| said.starts_with("execute ") || said.starts_with("statement: "));
        if let Some((_, statement)) = said.and_then(|said| said.split_once(": ")) {
            all.push(statement.to_owned());
            goes_on = true;
        } else if goes_on && let (Some(last), Some(more)) = (all.last_mut(), line.strip_prefix('\t')) {
            last.push_str(more);
        } else {
            // Parameters, which are none of the statement.
            goes_on = false;
        }
    }
    all
}
