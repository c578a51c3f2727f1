//! One whole service with its graders.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use domain::Role;
use fixtures::database::ClusterFolder;
use fixtures::scans::tiny_pages;
use futures::future::join_all;
use gradeledger::cli::Stores;
use gradeledger::limits::{Limits, LogLimits};
use gradeledger::logs::{DEFAULT_FILTER, Format, LogOptions, Logs, subscriber};
use gradeledger::metrics::Metrics;
use gradeledger::service::{Service, ServiceSettings};
use gradeledger::tokens;
use gradeledger::vault::MasterKey;
use http::Method;
use migrations::{
    PrivateOptions, PrivatePostgres, SchemaName, SessionLimits, Source, connect_options, migrate_keys,
    migrate_ledger,
};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tracing::Dispatch;

/// Graders who mark at the same time, each a copy of their own.
pub(super) const GRADERS: usize = 4;
/// How often each goes through all acts in a round.
const TURNS: usize = 5;
/// How often the watched service is scraped at most, while its graders mark. Prometheus does it every fifteen seconds.
const SCRAPE: Duration = Duration::from_secs(1);
/// The longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether a service logs and counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Watched {
    Yes,
    No,
}

pub(super) struct Side {
    /// Of the service; those who ask have one of their own, which logs nothing.
    runtime: Runtime,
    asking: Runtime,
    service: Service,
    private: PrivatePostgres,
    graders: Vec<Arc<Grader>>,
    base: String,
    scraped: Instant,
    logs: Option<Logs>,
    folder: TempDir,
    _cluster: ClusterFolder,
}

/// A grader with a copy in hand.
struct Grader {
    client: Client,
    token: String,
    copy: String,
    lock: String,
    turns: AtomicU64,
}

impl Side {
    pub(super) fn open(watched: Watched) -> Self {
        let folder = TempDir::new().unwrap();
        let (dispatch, logs) = match watched {
            Watched::Yes => {
                let (dispatch, logs) = logging(&folder.path().join("logs"));
                (dispatch, Some(logs))
            }
            Watched::No => (Dispatch::none(), None),
        };
        let runtime = runtime(dispatch);
        let metrics = if watched == Watched::Yes { Metrics::new() } else { Metrics::off() };
        let opened = runtime.block_on(async {
            let cluster = ClusterFolder::own().await;
            let (stores, private) = stores(&cluster, folder.path()).await;
            let mut settings =
                ServiceSettings::at("127.0.0.1:0".parse().unwrap(), Limits::default()).unwrap();
            settings.metrics = metrics;
            settings.pdf.program = env!("CARGO_BIN_EXE_gradeledger").into();
            let service = Service::start(&stores, settings, logs.as_ref()).await.unwrap();
            (cluster, stores, private, service)
        });
        let (cluster, stores, private, service) = opened;
        let asking = runtime_of_askers();
        let base = format!("http://{}", service.address());
        let graders = asking.block_on(graders(&stores, &base));
        let scraped = Instant::now();
        Self { runtime, asking, service, private, graders, base, scraped, logs, folder, _cluster: cluster }
    }

    /// All graders go through their acts; answers how long each took.
    pub(super) fn round(&mut self) -> Vec<Duration> {
        if self.logs.is_some() && self.scraped.elapsed() >= SCRAPE {
            self.scraped = Instant::now();
            // It meets the commands; the round does not wait for it.
            self.asking.spawn(scrape(format!("{}/metrics", self.base)));
        }
        let marking = self.graders.iter().map(|grader| {
            let grader = Arc::clone(grader);
            self.asking.spawn(async move { grader.mark().await })
        });
        let marked = self.asking.block_on(join_all(marking.collect::<Vec<_>>()));
        marked.into_iter().flat_map(Result::unwrap).collect()
    }

    /// How many lines its log has.
    pub(super) fn logged_lines(&self) -> usize {
        let files = std::fs::read_dir(self.folder.path().join("logs")).unwrap();
        files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap().lines().count()).sum()
    }

    pub(super) fn close(self) {
        self.runtime.block_on(async {
            self.service.stop().await;
            self.private.stop().await.unwrap();
        });
        drop(self.logs);
    }
}

fn logging(folder: &Path) -> (Dispatch, Logs) {
    let options = LogOptions {
        format: Format::Json,
        folder: Some(folder.to_owned()),
        filter: DEFAULT_FILTER.to_owned(),
        limits: LogLimits::default(),
    };
    let (subscriber, logs) = subscriber(&options).unwrap();
    (Dispatch::new(subscriber), logs)
}

/// Every thread of it logs to `dispatch`, and to nothing else.
fn runtime(dispatch: Dispatch) -> Runtime {
    let begin = move || std::mem::forget(tracing::dispatcher::set_default(&dispatch));
    Builder::new_multi_thread().enable_all().on_thread_start(begin).build().unwrap()
}

fn runtime_of_askers() -> Runtime {
    runtime(Dispatch::none())
}

/// A ledger on a Postgres of its own that flushes every commit.
pub(crate) async fn stores(cluster: &ClusterFolder, folder: &Path) -> (Stores, PrivatePostgres) {
    let options =
        PrivateOptions { data_folder: Some(cluster.path().to_owned()), ..PrivateOptions::default() };
    let databases = Source::Private(options).open().await.unwrap();
    let (schema, keys_schema) = (SchemaName::ledger(), SchemaName::keys());
    migrate_ledger(&databases.ledger, &schema).await.unwrap();
    migrate_keys(&databases.keys, &keys_schema).await.unwrap();
    let ledger = connect_options(databases.ledger, &schema, SessionLimits::default());
    let keys = connect_options(databases.keys, &keys_schema, SessionLimits::default());
    let master = MasterKey::read_or_make(&folder.join("master.key")).unwrap();
    let stores = Stores::at(ledger, keys, &folder.join("blobs"), &master).await.unwrap();
    (stores, databases.private.unwrap())
}

async fn scrape(url: String) {
    let client = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let scraped = client.get(url).send().await.unwrap();
    assert!(scraped.status().is_success(), "{}", scraped.status());
    scraped.bytes().await.unwrap();
}

/// An open exam, and for each grader a copy in hand.
async fn graders(stores: &Stores, base: &str) -> Vec<Arc<Grader>> {
    let client = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let (admin, _) = tokens::create(&stores.keys, Role::Admin, "office", None).await.unwrap();
    let admin = admin.reveal().to_owned();
    let office = async |method: Method, path: String, body: Value| {
        let request = client.request(method, format!("{base}{path}")).bearer_auth(&admin);
        heard(request.json(&body)).await
    };
    let exam = office(Method::POST, "/api/exams".into(), json!({"code": "BENCH"})).await["id"].clone();
    let exam = exam.as_str().unwrap();
    let scheme = json!({"questions": [{"id": "1", "maximum": 20}]});
    office(Method::POST, format!("/api/exams/{exam}/scheme"), scheme).await;
    let mut graders = Vec::new();
    for nth in 0..GRADERS {
        let (token, id) =
            tokens::create(&stores.keys, Role::Grader, &format!("grader {nth}"), None).await.unwrap();
        let token = token.reveal().to_owned();
        office(Method::POST, format!("/api/exams/{exam}/graders"), json!({"grader_id": id})).await;
        let path = format!("{base}/api/exams/{exam}/copies/import?anonymous_id=A-{nth}");
        let scan = client.post(path).bearer_auth(&admin).header("content-type", "application/pdf");
        let copy = heard(scan.body(tiny_pages(2))).await["id"].as_str().unwrap().to_owned();
        let began = Instant::now();
        while office(Method::GET, format!("/api/copies/{copy}"), Value::Null).await["import"]["state"]
            != "done"
        {
            assert!(began.elapsed() < PATIENCE, "the scan is not imported");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        office(Method::POST, format!("/api/copies/{copy}/ready"), json!({})).await;
        let copy = format!("{base}/api/copies/{copy}");
        let asked = client.post(format!("{copy}/lock")).bearer_auth(&token);
        let lock =
            heard(asked.json(&json!({"ttl_seconds": 3600}))).await["token"].as_str().unwrap().to_owned();
        let turns = AtomicU64::new(0);
        graders.push(Arc::new(Grader { client: client.clone(), token, copy, lock, turns }));
    }
    graders
}

async fn heard(request: reqwest::RequestBuilder) -> Value {
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{status} {text}");
    // What is taken back is answered with nothing.
    if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
}

impl Grader {
    /// Points, a mark, a second thought about it, a remark, and the mark taken back: what an hour of marking is made of.
    async fn mark(&self) -> Vec<Duration> {
        let mut took = Vec::new();
        for _ in 0..TURNS {
            let turn = self.turns.fetch_add(1, Ordering::Relaxed);
            let points = json!({"points": turn % 20});
            self.act(&mut took, Method::PUT, "/scores/1", points).await;
            let mark = json!({
                "page_index": 0, "box": {"x": 0.1, "y": 0.2, "width": 0.3, "height": 0.05},
                "kind": "ERROR", "points": -0.25, "question": "1", "text": format!("Il manque l’étape {turn}"),
            });
            let mark = self.act(&mut took, Method::POST, "/annotations", mark).await;
            let path = format!("/annotations/{}", mark["id"].as_str().unwrap());
            let revised = json!({"revision": 1, "text": format!("Non, elle y est ({turn})")});
            self.act(&mut took, Method::PATCH, &path, revised).await;
            let remark = json!({"remark": format!("Bien, {turn}")});
            self.act(&mut took, Method::PUT, "/remarks/1", remark).await;
            self.act(&mut took, Method::DELETE, &format!("{path}?revision=2"), json!({})).await;
        }
        took
    }

    async fn act(&self, took: &mut Vec<Duration>, method: Method, tail: &str, body: Value) -> Value {
        let request = self.client.request(method, format!("{}{tail}", self.copy)).bearer_auth(&self.token);
        let began = Instant::now();
        let answer = heard(request.header("x-lock-token", &self.lock).json(&body)).await;
        took.push(began.elapsed());
        answer
    }
}
