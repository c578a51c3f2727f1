//! A desk in front of a server, wherever that runs: its people, and the acts that most tests begin with.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::{CopyId, ExamId, Role};
use fixtures::database::TestDatabase;
use fixtures::scans::tiny_pages;
use http::Method;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;

use super::{PATIENCE, seen};
use crate::routes::world::{Person, Said, heard, person};

pub(super) struct Desk {
    pub(super) address: SocketAddr,
    pub(super) admin: Person,
    /// Enrolled in every exam of this desk, as `other` is.
    pub(super) grader: Person,
    pub(super) other: Person,
    pub(super) auditor: Person,
    client: Client,
    /// The last position that anyone here has seen: what is read shows at least that.
    seen: AtomicI64,
}

impl Desk {
    /// The same people at every desk of a database.
    pub(super) async fn open(database: &TestDatabase, address: SocketAddr) -> Self {
        let keys = PgPoolOptions::new().max_connections(1).connect_lazy_with(database.keys_connect_options());
        Self {
            address,
            admin: person(&keys, Role::Admin, "Ada").await,
            grader: person(&keys, Role::Grader, "Grace").await,
            other: person(&keys, Role::Grader, "Olga").await,
            auditor: person(&keys, Role::Auditor, "Alan").await,
            client: Client::builder().no_proxy().timeout(PATIENCE).build().unwrap(),
            seen: AtomicI64::new(0),
        }
    }

    pub(super) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    pub(super) fn ask(&self, who: &Person, method: Method, path: &str) -> RequestBuilder {
        let seen = self.seen.load(Ordering::Relaxed);
        self.bare(method, path).bearer_auth(&who.token).header("ledger-position", seen)
    }

    /// Sends a request, and remembers the position that it was answered with.
    pub(super) async fn hear(&self, request: RequestBuilder) -> Said {
        let said = heard(request).await;
        if said.headers.contains_key("ledger-position") {
            self.seen.fetch_max(said.position(), Ordering::Relaxed);
        }
        said
    }

    pub(super) async fn get(&self, who: &Person, path: &str) -> Said {
        self.hear(self.ask(who, Method::GET, path)).await
    }

    pub(super) async fn post(&self, who: &Person, path: &str, body: Value) -> Said {
        self.hear(self.ask(who, Method::POST, path).json(&body)).await
    }

    /// Marks: a request of the grader with the lock's token.
    pub(super) async fn mark(&self, held: &Held, method: Method, tail: &str, body: Value) -> Said {
        let path = format!("/api/copies/{}{tail}", held.copy);
        self.hear(self.ask(&self.grader, method, &path).header("x-lock-token", &held.token).json(&body)).await
    }

    /// An open exam with questions 1 (10 points) and 2 (5.5 points), marked by both graders.
    pub(super) async fn exam(&self) -> ExamId {
        let created = self.post(&self.admin, "/api/exams", json!({"code": "MATHS-2026"})).await.body(201);
        let exam: ExamId = created["id"].as_str().unwrap().parse().unwrap();
        let scheme = json!({"questions": [{"id": "1", "maximum": 10}, {"id": "2", "maximum": 5.5}]});
        self.post(&self.admin, &format!("/api/exams/{exam}/scheme"), scheme).await.body(200);
        for grader in [&self.grader, &self.other] {
            let enrolled = json!({"grader_id": grader.id});
            self.post(&self.admin, &format!("/api/exams/{exam}/graders"), enrolled).await.body(200);
        }
        exam
    }

    /// Sends a scan as a browser's form would, and gives the copy whose import is pending.
    pub(super) async fn send(&self, exam: ExamId, anonymous_id: &str, pdf: Vec<u8>) -> CopyId {
        let part = Part::bytes(pdf).file_name(format!("Anna Müller {anonymous_id}.pdf"));
        let form = Form::new().text("anonymous_id", anonymous_id.to_owned()).part("pdf_file", part);
        let path = format!("/api/exams/{exam}/copies/import");
        let said = self.hear(self.ask(&self.admin, Method::POST, &path).multipart(form)).await;
        said.body(202)["id"].as_str().unwrap().parse().unwrap()
    }

    pub(super) async fn copy(&self, copy: CopyId) -> Value {
        self.get(&self.auditor, &format!("/api/copies/{copy}")).await.body(200)
    }

    /// The copy, as soon as it is as `is` says.
    pub(super) async fn copy_when(&self, copy: CopyId, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        seen(what, async || Some(self.copy(copy).await).filter(|copy| is(copy))).await
    }

    /// The copy, when its import has ended for good.
    pub(super) async fn import_ended(&self, copy: CopyId) -> Value {
        self.copy_when(copy, "the import has ended", |copy| {
            let state = &copy["import"]["state"];
            *state == "done" || (*state == "failed" && copy["last_failure"]["will_retry"] == false)
        })
        .await
    }

    /// A copy of `pages` pages that can be locked.
    pub(super) async fn ready(&self, exam: ExamId, anonymous_id: &str, pages: usize) -> CopyId {
        let copy = self.send(exam, anonymous_id, tiny_pages(pages)).await;
        assert_eq!(self.import_ended(copy).await["import"]["state"], "done");
        self.post(&self.admin, &format!("/api/copies/{copy}/ready"), json!({})).await.body(200);
        copy
    }

    pub(super) async fn lock(&self, copy: CopyId, ttl_seconds: u32) -> Held {
        let asked = json!({"ttl_seconds": ttl_seconds});
        let lock = self.post(&self.grader, &format!("/api/copies/{copy}/lock"), asked).await.body(200);
        Held { copy, token: lock["token"].as_str().unwrap().to_owned() }
    }

    /// A copy in the grader's hands.
    pub(super) async fn held(&self, exam: ExamId, anonymous_id: &str, pages: usize) -> Held {
        let copy = self.ready(exam, anonymous_id, pages).await;
        self.lock(copy, 3_600).await
    }

    pub(super) async fn score(&self, held: &Held, question: &str, points: Value) {
        let path = format!("/scores/{question}");
        self.mark(held, Method::PUT, &path, json!({"points": points})).await.body(200);
    }

    /// Finalises, and waits for the outcome.
    pub(super) async fn finalise(&self, held: &Held) -> Value {
        let path = format!("/api/copies/{}/finalize", held.copy);
        let request = self.ask(&self.grader, Method::POST, &path).header("x-lock-token", &held.token);
        self.hear(request.header("prefer", "wait=60").json(&json!({}))).await.body(200)
    }

    /// The final PDF.
    pub(super) async fn final_pdf(&self, copy: CopyId) -> Vec<u8> {
        let said = self.get(&self.admin, &format!("/api/copies/{copy}/final-pdf")).await;
        assert_eq!(said.status, 200);
        said.bytes
    }

    /// The audit trail, oldest first, as soon as it tells all that the copy shows: they are two views.
    pub(super) async fn trail(&self, copy: CopyId) -> Vec<Value> {
        let shown = self.copy(copy).await["sequence"].as_u64().unwrap();
        let path = format!("/api/copies/{copy}/audit?limit=200");
        seen("the trail has what the copy shows", async || {
            let trail = self.get(&self.admin, &path).await.body(200);
            let items = trail["items"].as_array().unwrap().clone();
            let told = items.last().map_or(0, |last| last["sequence"].as_u64().unwrap());
            (told >= shown).then_some(items)
        })
        .await
    }

    /// The actions of the audit trail, oldest first.
    pub(super) async fn actions(&self, copy: CopyId) -> Vec<String> {
        let trail = self.trail(copy).await;
        trail.iter().map(|line| line["action"].as_str().unwrap().to_owned()).collect()
    }

    /// `/metrics`, as loopback gets it without a token.
    pub(super) async fn metrics(&self) -> Figures {
        let said = heard(self.bare(Method::GET, "/metrics")).await;
        assert_eq!(said.status, 200);
        Figures(String::from_utf8(said.bytes).unwrap())
    }
}

/// A copy in the grader's hands.
pub(super) struct Held {
    pub(super) copy: CopyId,
    pub(super) token: String,
}

/// One scrape.
pub(super) struct Figures(pub(super) String);

impl Figures {
    /// The value of one series, named with its labels.
    pub(super) fn of(&self, series: &str) -> f64 {
        let value = self.0.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("no {series} in\n{}", self.0)).parse().unwrap()
    }
}
