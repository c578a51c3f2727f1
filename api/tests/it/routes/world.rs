//! An exam office behind a server: its people, and the acts that most tests begin with.

use std::time::Duration;

use domain::access::{Scope, Scopes};
use domain::{ActorId, CopyId, ExamId, Role, SubjectId};
use fixtures::database::TestDatabase;
use fixtures::scans::vector_mixed_orientation;
use gradeledger::access_log::{AccessLog, AccessLogLimits};
use gradeledger::app::{App, Parts, Watched};
use gradeledger::blobs::Blobs;
use gradeledger::http::{Figures, Frame, Readiness, Route, Server, Uploads, routes};
use gradeledger::ledger::{Ledger, LedgerLimits, Place};
use gradeledger::limits::{HistoryLimits, HttpLimits, Limits};
use gradeledger::metrics::{Metrics, Sources};
use gradeledger::oidc::SignInLimits;
use gradeledger::tokens::{self, Rights, Tokens};
use gradeledger::vault::{KeyStore, MasterKey, ServerKeys, Vault};
use http::{HeaderMap, Method};
use projections::{Feed, FeedLimits, ProjectorLimits, Projectors, Views};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tempfile::TempDir;

/// The longest that a test waits for anything; only a failure reaches it.
pub(crate) const SOON: Duration = Duration::from_secs(60);

/// Someone with a token.
pub(crate) struct Person {
    pub(crate) id: ActorId,
    pub(crate) token: String,
}

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) admin: Person,
    /// Enrolled in every exam of this world, as `other` is.
    pub(crate) grader: Person,
    pub(crate) other: Person,
    pub(crate) auditor: Person,
    pub(crate) database: TestDatabase,
    pub(crate) folder: TempDir,
    pub(crate) metrics: Metrics,
    /// The page of routes.
    pub(crate) page: Vec<Route>,
    pub(crate) keys: PgPool,
    pub(crate) server: Server,
    client: Client,
    _projectors: Option<Projectors>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::led_with(HttpLimits::default(), FeedLimits::default(), AccessLogLimits::default()).await
    }

    /// A world whose views are led, with these limits.
    pub(crate) async fn led_with(limits: HttpLimits, feed: FeedLimits, log: AccessLogLimits) -> Self {
        let world = Self::with(limits, feed, log).await;
        let projectors = Projectors::start(&world.app.views, ProjectorLimits::default());
        Self { _projectors: Some(projectors), ..world }
    }

    /// A world whose views stand still.
    pub(crate) async fn without_projectors(limits: HttpLimits) -> Self {
        Self::following(limits, FeedLimits::default()).await
    }

    /// The same, with a feed of these limits.
    pub(crate) async fn following(limits: HttpLimits, feed: FeedLimits) -> Self {
        Self::with(limits, feed, AccessLogLimits::default()).await
    }

    /// The same, with a log of accesses of these limits.
    pub(crate) async fn with(limits: HttpLimits, feed: FeedLimits, log: AccessLogLimits) -> Self {
        Self::on(TestDatabase::new().await, limits, feed, log).await
    }

    /// The same on these databases.
    pub(crate) async fn on(
        database: TestDatabase,
        limits: HttpLimits,
        feed: FeedLimits,
        log: AccessLogLimits,
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let master = MasterKey::random().unwrap();
        let key_store = KeyStore::open(database.keys_connect_options(), &master).await.unwrap();
        let keys = PgPoolOptions::new().max_connections(2).connect_lazy_with(database.keys_connect_options());
        let pool = database.pool().clone();
        let (metrics, sources) = (Metrics::new(), Sources::default());
        let app = App::new(Parts {
            ledger: Ledger::open(pool.clone(), LedgerLimits::default()).await.unwrap(),
            access_log: AccessLog::new(keys.clone(), key_store.clone(), log, metrics.clone()),
            vault: Vault::new(pool.clone(), key_store.clone()),
            blobs: Blobs::in_folder(folder.path(), key_store).unwrap(),
            views: Views::new(pool.clone()),
            feed: Feed::new(pool, feed),
            server_keys: ServerKeys::of(&master),
            metrics: metrics.clone(),
            history: HistoryLimits::default(),
            sign_in: SignInLimits::default(),
            watched: Watched {
                views: Views::new(database.pool().clone()),
                keys: None,
                blobs: Some(folder.path().to_owned()),
                limits: Limits::default().of_status(),
            },
            read_your_writes: limits.read_your_writes,
        });
        let readiness = Readiness::new(Vec::new(), limits.ready);
        let figures = Figures { metrics: metrics.clone(), sources, longest: limits.scrape };
        let all = routes(&app, &Uploads::new(&limits, &metrics), &readiness, &figures);
        let page = all.clone();
        let frame = Frame::new(all, Tokens::new(keys.clone(), &limits), app.clone(), limits);
        Self {
            admin: person(&keys, Role::Admin, "Ada").await,
            grader: person(&keys, Role::Grader, "Grace").await,
            other: person(&keys, Role::Grader, "Olga").await,
            auditor: person(&keys, Role::Auditor, "Alan").await,
            server: Server::start("127.0.0.1:0".parse().unwrap(), frame).unwrap(),
            client: Client::builder().no_proxy().timeout(SOON).build().unwrap(),
            _projectors: None,
            app,
            database,
            folder,
            metrics,
            page,
            keys,
        }
    }

    /// A person whom the office knows.
    pub(crate) async fn subject(&self, name: &str) -> SubjectId {
        let known = self.post(&self.admin, "/api/subjects", json!({"name": name})).await.body(201);
        known["id"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) async fn clerk(&self) -> Person {
        person(&self.keys, Role::Clerk, "Clara").await
    }

    pub(crate) async fn student(&self, subject: SubjectId) -> Person {
        let rights = Rights { role: Role::Student, scopes: Scopes::NONE, subject: Some(subject) };
        holder(&self.keys, rights, &format!("student {subject}")).await
    }

    pub(crate) async fn service(&self, scope: Scope) -> Person {
        let rights = Rights { role: Role::Service, scopes: [scope].into_iter().collect(), subject: None };
        holder(&self.keys, rights, &format!("service {scope}")).await
    }

    /// Leads the exam from now on.
    pub(crate) async fn lead(&self, exam: ExamId) -> Person {
        let lead = person(&self.keys, Role::Grader, "Lea").await;
        let body = json!({"grader_id": lead.id, "duty": "LEAD"});
        self.post(&self.admin, &format!("/api/exams/{exam}/graders"), body).await.body(200);
        lead
    }

    /// A grader whom no exam knows.
    pub(crate) async fn stranger(&self) -> Person {
        person(&self.keys, Role::Grader, "Sven").await
    }

    pub(crate) fn ask(&self, who: &Person, method: Method, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.server.address());
        self.client.request(method, url).bearer_auth(&who.token)
    }

    /// A request of nobody.
    pub(crate) async fn bare(&self, method: Method, path: &str) -> Said {
        heard(self.client.request(method, format!("http://{}{path}", self.server.address()))).await
    }

    pub(crate) async fn get(&self, who: &Person, path: &str) -> Said {
        heard(self.ask(who, Method::GET, path)).await
    }

    /// What a reader sees who has seen `position`.
    pub(crate) async fn see(&self, who: &Person, path: &str, position: i64) -> Said {
        heard(self.ask(who, Method::GET, path).header("ledger-position", position)).await
    }

    /// The position of the copy's last event.
    pub(crate) async fn last_position(&self, copy: CopyId) -> i64 {
        self.app.ledger.load::<domain::copy::ExamCopy>(copy.0).await.unwrap().position
    }

    pub(crate) async fn post(&self, who: &Person, path: &str, body: Value) -> Said {
        heard(self.ask(who, Method::POST, path).json(&body)).await
    }

    pub(crate) async fn delete(&self, who: &Person, path: &str) -> Said {
        heard(self.ask(who, Method::DELETE, path)).await
    }

    /// Marks: a request of the lock's owner, with its token.
    pub(crate) async fn mark(&self, held: &Held<'_>, method: Method, path: &str, body: Value) -> Said {
        let path = format!("/api/copies/{}{path}", held.copy);
        heard(self.ask(held.who, method, &path).header("x-lock-token", &held.token).json(&body)).await
    }

    /// An open exam with questions 1 (10 points) and 2 (5.5 points), marked by both graders.
    pub(crate) async fn exam(&self) -> ExamId {
        let created = self.post(&self.admin, "/api/exams", json!({"code": "MATHS-2026"})).await.body(201);
        let exam: ExamId = created["id"].as_str().unwrap().parse().unwrap();
        self.publish(exam, json!([{"id": "1", "maximum": 10}, {"id": "2", "maximum": 5.5}])).await;
        for grader in [&self.grader, &self.other] {
            let path = format!("/api/exams/{exam}/graders");
            self.post(&self.admin, &path, json!({"grader_id": grader.id})).await.body(200);
        }
        exam
    }

    pub(crate) async fn publish(&self, exam: ExamId, questions: Value) {
        let path = format!("/api/exams/{exam}/scheme");
        self.post(&self.admin, &path, json!({"questions": questions})).await.body(200);
    }

    /// Sends a scan as a form.
    pub(crate) async fn send_scan(&self, exam: ExamId, anonymous_id: &str, filename: &str) -> Said {
        let part = Part::bytes(vector_mixed_orientation()).file_name(filename.to_owned());
        let form = Form::new().text("anonymous_id", anonymous_id.to_owned()).part("pdf_file", part);
        let path = format!("/api/exams/{exam}/copies/import");
        heard(self.ask(&self.admin, Method::POST, &path).multipart(form)).await
    }

    /// A copy whose import is pending.
    pub(crate) async fn requested(&self) -> CopyId {
        let exam = self.exam().await;
        let said = self.send_scan(exam, "A-1", "Anna Müller.pdf").await;
        said.body(202)["id"].as_str().unwrap().parse().unwrap()
    }

    /// A copy whose pages are there.
    pub(crate) async fn imported(&self) -> CopyId {
        let copy = self.requested().await;
        super::worker::import(&self.app, copy).await;
        copy
    }

    /// A copy that can be locked.
    pub(crate) async fn ready(&self) -> CopyId {
        let copy = self.imported().await;
        self.post(&self.admin, &format!("/api/copies/{copy}/ready"), json!({})).await.body(200);
        copy
    }

    pub(crate) async fn lock<'a>(&self, who: &'a Person, copy: CopyId) -> Held<'a> {
        let lock = self.post(who, &format!("/api/copies/{copy}/lock"), json!({})).await.body(200);
        Held { who, copy, token: lock["token"].as_str().unwrap().to_owned() }
    }

    /// A copy in the grader's hands.
    pub(crate) async fn held(&self) -> Held<'_> {
        let copy = self.ready().await;
        self.lock(&self.grader, copy).await
    }

    /// A copy with 7.5 and 2.25 points, and an annotation that takes 0.25, on its way to its final PDF.
    pub(crate) async fn finalising(&self) -> CopyId {
        let held = self.held().await;
        for (question, points) in [("1", 7.5), ("2", 2.25)] {
            let path = format!("/scores/{question}");
            self.mark(&held, Method::PUT, &path, json!({"points": points})).await.body(200);
        }
        self.mark(&held, Method::POST, "/annotations", an_annotation()).await.body(201);
        self.mark(&held, Method::POST, "/finalize", json!({})).await.body(202);
        held.copy
    }

    /// The same copy, graded.
    pub(crate) async fn graded(&self) -> CopyId {
        let copy = self.finalising().await;
        super::worker::finalise(&self.app, copy).await;
        copy
    }

    /// The types of the copy's events.
    pub(crate) async fn events(&self, copy: CopyId) -> Vec<String> {
        crate::office::types(self.database.pool(), copy).await
    }

    /// A view as the API tells of it to an admin.
    pub(crate) async fn view(&self, name: &str) -> Value {
        let told = self.get(&self.admin, "/api/projections").await.body(200);
        let views = told["views"].as_array().unwrap();
        views.iter().find(|view| view["name"] == name).unwrap().clone()
    }

    /// The same, as soon as it is as `is` says.
    pub(crate) async fn view_when(&self, name: &str, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let began = std::time::Instant::now();
        loop {
            let view = self.view(name).await;
            if is(&view) {
                return view;
            }
            assert!(began.elapsed() < SOON, "never came about: {what}: {view}");
        }
    }

    /// One line of `/metrics`, as a number.
    pub(crate) fn figure(&self, name_and_labels: &str) -> u64 {
        let text = self.metrics.text();
        let line = text.lines().find_map(|line| line.strip_prefix(name_and_labels));
        line.unwrap_or_else(|| panic!("no {name_and_labels} in {text}")).trim().parse().unwrap()
    }
}

/// A copy in someone's hands.
pub(crate) struct Held<'a> {
    pub(crate) who: &'a Person,
    pub(crate) copy: CopyId,
    pub(crate) token: String,
}

pub(crate) fn an_annotation() -> Value {
    json!({
        "page_index": 0,
        "box": {"x": 0.1, "y": 0.2, "width": 0.3, "height": 0.05},
        "kind": "ERROR",
        "points": -0.25,
        "question": "1",
        "text": "Il manque une étape : ∫ de α à β",
    })
}

/// Someone new, or another token of someone known by this name.
pub(crate) async fn person(keys: &PgPool, role: Role, name: &str) -> Person {
    holder(keys, role.into(), name).await
}

/// The same with rights that a role alone does not tell.
pub(crate) async fn holder(keys: &PgPool, rights: Rights, name: &str) -> Person {
    let (token, id) = tokens::create(keys, rights, name, None).await.unwrap();
    Person { id, token: token.reveal().to_owned() }
}

/// Sends a request and reads the whole answer.
pub(crate) async fn heard(request: RequestBuilder) -> Said {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Said { status, headers, bytes: response.bytes().await.unwrap().to_vec() }
}

impl Said {
    /// The JSON of the answer, which must have this status.
    pub(crate) fn body(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        serde_json::from_slice(&self.bytes).unwrap()
    }

    /// The body of an error, which must have this status and code.
    pub(crate) fn refused(&self, status: u16, code: &str) -> Value {
        let body = self.body(status);
        assert_eq!(body["code"], code, "{body}");
        assert!(body["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{body}");
        body
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap()
    }

    /// What to send as `Ledger-Position` to see this write.
    pub(crate) fn position(&self) -> i64 {
        self.header("ledger-position").parse::<Place>().unwrap().number
    }
}

/// The same answer with what differs from run to run (ids, digests) taken out, by JSON pointer.
pub(crate) fn without(mut answer: Value, pointers: &[&str]) -> Value {
    for pointer in pointers {
        *answer.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = json!("[varies]");
    }
    answer
}
