//! A session in which all goes wrong, with a marker in every field that a person fills in.

use std::fs;

use domain::Role;
use http::Method;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, USER_AGENT};
use reqwest::RequestBuilder;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;

use super::super::desk::{Desk, Held};
use super::super::place::{PROGRAM, Place};
use super::super::process::{Process, environment, program, run, stderr, stdout};
use super::traces::{Traces, marked};
use crate::routes::world::{Person, heard, person};

/// A PDF of one page that says this, and whose title it is.
fn pdf_saying(text: &str) -> Vec<u8> {
    let content = format!("BT /F1 24 Tf 20 40 Td ({text}) Tj ET");
    format!(
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
         3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents 4 0 R\
         /Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/{text}>>>>>>>>endobj\n\
         4 0 obj<</Length {}>>stream\n{content}\nendstream endobj\n5 0 obj<</Title({text})/Author({text})>>endobj\n\
         trailer<</Root 1 0 R/Info 5 0 R/Size 6>>\n%%EOF\n",
        content.len()
    )
    .into_bytes()
}

/// The desk, and what it was answered with.
struct Session<'a> {
    desk: &'a Desk,
    traces: Traces,
    refusals: usize,
}

impl Session<'_> {
    /// Sends a request that must be refused, and keeps the answer.
    async fn refused(&mut self, what: &str, request: RequestBuilder) {
        let said = self.desk.hear(request).await;
        assert!(said.status >= 400, "{what}: {}", said.status);
        self.refusals += 1;
        self.traces.add(format!("the answer to {what}, headers"), format!("{:?}", said.headers));
        self.traces.add(format!("the answer to {what}"), said.bytes);
    }

    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.desk.ask(&self.desk.admin, method, path)
    }

    async fn send(&mut self, exam: domain::ExamId, id: &str, pdf: Vec<u8>) -> domain::CopyId {
        let part = Part::bytes(pdf).file_name(format!("{}.pdf", marked("filename")));
        let form = Form::new().text("anonymous_id", id.to_owned()).part("pdf_file", part);
        let path = format!("/api/exams/{exam}/copies/import");
        let said = self.desk.hear(self.ask(Method::POST, &path).multipart(form)).await;
        said.body(202)["id"].as_str().unwrap().parse().unwrap()
    }
}

/// Everything that a person can write about a copy, written.
async fn all_texts(session: &mut Session<'_>, held: &Held) {
    let desk = session.desk;
    let annotation = json!({"page_index": 0, "box": {"x": 0.1, "y": 0.1, "width": 0.2, "height": 0.1}, "kind": "ERROR",
        "points": -0.25, "text": marked("annotation")});
    let added = desk.mark(held, Method::POST, "/annotations", annotation.clone()).await.body(201);
    let path = format!("/annotations/{}", added["id"].as_str().unwrap());
    let stale = json!({"revision": 7, "text": marked("stale")});
    let said = desk.mark(held, Method::PATCH, &path, stale).await;
    assert_eq!(said.status, 409);
    session.traces.add("the answer to a stale revision", said.bytes);
    desk.mark(held, Method::PATCH, &path, json!({"revision": 1, "text": marked("revised")})).await.body(200);
    desk.mark(held, Method::PUT, "/remarks/1", json!({"remark": marked("remark")})).await.body(200);
    desk.mark(held, Method::PUT, "/appreciation", json!({"appreciation": marked("appreciation")}))
        .await
        .body(200);
    desk.score(held, "1", json!(5)).await;
}

/// Requests whose form is wrong, with a marker wherever a caller can put one.
async fn wrong_forms(session: &mut Session<'_>, exam: domain::ExamId, held: &Held) {
    let copy = held.copy;
    let annotations = format!("/api/copies/{copy}/annotations");
    let lock = held.token.clone();
    for (what, body) in [
        ("half a text", format!("{{\"text\": \"{}", marked("halftext"))),
        ("another type", format!("{{\"page_index\": \"{}\"}}", marked("othertype"))),
        ("another field", format!("{{\"{}\": 1}}", marked("otherfield"))),
        ("another kind", format!("{{\"page_index\": 0, \"kind\": \"{}\"}}", marked("otherkind"))),
        ("no object", format!("\"{}\"", marked("noobject"))),
        (
            "a text that is too long",
            json!({"text": marked("long").repeat(1_000), "kind": "COMMENT"}).to_string(),
        ),
    ] {
        let request =
            session.desk.ask(&session.desk.grader, Method::POST, &annotations).header("x-lock-token", &lock);
        let request = request.header(CONTENT_TYPE, "application/json").body(body);
        session.refused(what, request).await;
    }
    let id = marked("path");
    for path in [
        format!("/api/copies/{id}"),
        format!("/{id}"),
        format!("/api/exams/{exam}/copies?status={id}"),
        format!("/api/copies/{copy}/history?at={id}"),
        format!("/api/events?type={id}"),
        format!("/api/copies?cursor={id}"),
        format!("/api/copies/{copy}/pages/{id}.png"),
    ] {
        let request = session.ask(Method::GET, &path);
        session.refused(&path.replace(&id, "(marker)"), request).await;
    }
    for (name, value) in [
        (CONTENT_TYPE.as_str(), format!("text/{}", marked("type"))),
        (AUTHORIZATION.as_str(), format!("Basic {}", marked("basic"))),
        (AUTHORIZATION.as_str(), format!("Bearer glt_{}", marked("bearer"))),
        ("idempotency-key", format!("{} with spaces\u{e9}", marked("key"))),
        ("x-lock-token", marked("locktoken")),
        ("ledger-position", marked("position")),
        ("last-event-id", marked("lastevent")),
    ] {
        let path =
            if name == "last-event-id" { "/api/events/stream".to_owned() } else { annotations.clone() };
        let method = if name == "last-event-id" { Method::GET } else { Method::POST };
        // Only this one, where it takes the place of another.
        let request = if name == AUTHORIZATION.as_str() {
            session.desk.bare(method, &path)
        } else {
            session.ask(method, &path)
        };
        let request =
            request.header(name, value).header(USER_AGENT, marked("agent")).header(COOKIE, marked("cookie"));
        let request = request.header("x-request-id", format!("{} {{}}", marked("requestid")));
        let request = request
            .header("traceparent", marked("traceparent"))
            .body(json!({"text": marked("body")}).to_string());
        session.refused(name, request).await;
    }
    let path = format!("/api/exams/{exam}/copies/import");
    for (what, form) in [
        ("a field that nobody knows", Form::new().text(marked("field"), marked("value"))),
        (
            "no PDF",
            Form::new()
                .text("anonymous_id", "A-9")
                .part("pdf_file", Part::bytes(marked("content").into_bytes()).file_name(marked("notapdf"))),
        ),
        (
            "an id that is none",
            Form::new()
                .text("anonymous_id", format!("{} é", marked("anonymous")))
                .part("pdf_file", Part::bytes(pdf_saying("x")).file_name(marked("file"))),
        ),
    ] {
        let request = session.ask(Method::POST, &path).multipart(form);
        session.refused(what, request).await;
    }
}

/// The database, the key store and the blobs fail under acts that carry texts.
async fn broken_stores(session: &mut Session<'_>, place: &Place, held: &Held) {
    let keys =
        PgPoolOptions::new().max_connections(1).connect_lazy_with(place.database.keys_connect_options());
    let path = format!("/api/copies/{}/remarks/2", held.copy);
    let put = |session: &Session<'_>| {
        let request = session.desk.ask(&session.desk.grader, Method::PUT, &path);
        request.header("x-lock-token", &held.token).json(&json!({"remark": marked("unlucky")}))
    };
    // Each takes something away and gives it back.
    for (what, pool, away, back) in [
        (
            "no vault",
            place.pool(),
            "ALTER TABLE vault RENAME TO hidden",
            "ALTER TABLE hidden RENAME TO vault",
        ),
        (
            "a rule on the vault",
            place.pool(),
            "ALTER TABLE vault ADD CONSTRAINT nothing CHECK (false) NOT VALID",
            "ALTER TABLE vault DROP CONSTRAINT nothing",
        ),
        (
            "a rule on events",
            place.pool(),
            "ALTER TABLE events ADD CONSTRAINT nothing CHECK (false) NOT VALID",
            "ALTER TABLE events DROP CONSTRAINT nothing",
        ),
        (
            "a rule on commands",
            place.pool(),
            "ALTER TABLE commands ADD CONSTRAINT nothing CHECK (false) NOT VALID",
            "ALTER TABLE commands DROP CONSTRAINT nothing",
        ),
        ("no tokens", &keys, "ALTER TABLE tokens RENAME TO hidden", "ALTER TABLE hidden RENAME TO tokens"),
    ] {
        sqlx::query(away).execute(pool).await.unwrap();
        if what == "no tokens" {
            // One that was not asked for a moment ago.
            let other = session.desk.ask(&session.desk.other, Method::GET, "/api/exams");
            session.refused(what, other).await;
        } else {
            let request = put(session);
            session.refused(what, request).await;
        }
        sqlx::query(back).execute(pool).await.unwrap();
    }
}

/// Views that stop on rows with texts' commitments, and are parked for a reason.
async fn operators(session: &mut Session<'_>, place: &Place, copy: domain::CopyId, admin: &Person) {
    let command = |arguments: &[&str]| {
        let mut command = program(PROGRAM);
        command.args(arguments).envs(environment(place)).env("GRADELEDGER_TOKEN", &admin.token);
        run(command)
    };
    let copy = copy.to_string();
    for arguments in [
        &["verify"][..],
        &["status"],
        &["drift"],
        &[
            "projections",
            "park",
            "copies",
            "--stream",
            &copy,
            "--reason",
            "kept out of the list of processes",
        ],
        &["history", "not-a-copy"],
    ] {
        let output = command(arguments).await;
        session.traces.add(format!("{arguments:?}"), stdout(&output) + &stderr(&output));
    }
    // A URL with a password that does not work.
    let mut wrong = program(PROGRAM);
    wrong
        .args(["verify"])
        .env("DATABASE_URL", format!("postgres://someone:{}@127.0.0.1:1/none", marked("password")));
    let wrong = run(wrong).await;
    assert!(!wrong.status.success());
    session.traces.add("a wrong DATABASE_URL", stdout(&wrong) + &stderr(&wrong));
}

#[tokio::test]
async fn nothing_personal_is_found_in_logs_figures_errors_tables_and_titles_whatever_fails() {
    let place = Place::new().await;
    let logs = place.folder.path().join("logs");
    let process = Process::serve_logging(&place, &logs, &["--log", "trace"]).await;
    let desk = Desk::open(&place.database, process.address).await;
    let keys =
        PgPoolOptions::new().max_connections(1).connect_lazy_with(place.database.keys_connect_options());
    let named =
        person(&keys, Role::Admin, &format!("{} <{}@example.org>", marked("name"), marked("mail"))).await;
    let exam = desk.exam().await;
    let mut session = Session { desk: &desk, traces: Traces::default(), refusals: 0 };
    desk.get(&named, "/api/exams").await.body(200);

    let copy = session.send(exam, "A-1", pdf_saying(&marked("pdftext"))).await;
    let imported = desk.import_ended(copy).await;
    assert_eq!(imported["import"]["state"], "done", "{imported}");
    let mut broken = pdf_saying(&marked("brokenpdf"));
    broken.truncate(broken.len() / 3);
    let broken = session.send(exam, "A-2", broken).await;
    assert_eq!(desk.import_ended(broken).await["import"]["state"], "failed");
    desk.post(&desk.admin, &format!("/api/copies/{copy}/ready"), json!({})).await.body(200);
    let held = desk.lock(copy, 3_600).await;
    all_texts(&mut session, &held).await;
    wrong_forms(&mut session, exam, &held).await;
    broken_stores(&mut session, &place, &held).await;

    // A scan that is away, or another file in its place, while the final PDF is to be made.
    let sha256 = imported["source"]["sha256"].as_str().unwrap();
    let blob = place.blobs().join(copy.to_string()).join(sha256);
    let away = place.folder.path().join("away");
    fs::rename(&blob, &away).unwrap();
    fs::write(&blob, marked("otherblob")).unwrap();
    assert_eq!(desk.finalise(&held).await["status"], "GRADING_FAILED");
    fs::rename(&away, &blob).unwrap();
    let again =
        session.ask(Method::POST, &format!("/api/copies/{copy}/finalize")).header("prefer", "wait=60");
    let graded = desk.hear(again.json(&json!({}))).await.body(200);
    assert_eq!(graded["status"], "GRADED", "{graded}");
    let reasons = [
        ("correct", json!({"question": "1", "points": 4, "reason": marked("correction")})),
        ("reopen", json!({"reason": marked("reopening")})),
    ];
    for (act, body) in reasons {
        desk.copy_when(copy, "graded", |copy| copy["status"] == "GRADED").await;
        desk.post(&named, &format!("/api/copies/{copy}/{act}"), body).await;
    }
    let twice =
        desk.post(&named, &format!("/api/copies/{copy}/reopen"), json!({"reason": marked("twice")})).await;
    assert_eq!(twice.status, 409);
    session.traces.add("the answer to a second reopening", twice.bytes);
    desk.lock(copy, 600).await;
    let path = format!("/api/copies/{copy}/lock/force-release");
    desk.post(&named, &path, json!({"reason": marked("force")})).await.body(200);
    desk.post(&named, &format!("/api/copies/{broken}/void"), json!({"reason": marked("void")}))
        .await
        .body(200);

    operators(&mut session, &place, copy, &named).await;
    let Session { mut traces, refusals, .. } = session;
    assert!(refusals > 25, "{refusals}");
    traces.add("/metrics", heard(desk.bare(Method::GET, "/metrics")).await.bytes);
    traces.add_database(place.pool()).await;
    traces.add_processes(place.folder.path().to_str().unwrap());
    // The texts were there to be found: their owner reads them.
    let trail: Value = desk.trail(copy).await.into();
    for text in ["revised", "remark", "correction", "reopening", "force"] {
        assert!(trail.to_string().contains(&marked(text)), "{text} is not in {trail}");
    }
    assert!(process.interrupt().await.success());
    traces.add_folder(&logs);
    let log = traces.text_of("ledger.log");
    for level in ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] {
        assert!(log.contains(&format!("\"level\":\"{level}\"")), "no line of {} bytes is {level}", log.len());
    }
    let secrets = [&desk.admin, &desk.grader, &desk.other, &desk.auditor, &named].map(|it| it.token.clone());
    traces.assert_free_of(&[&secrets[..], &[held.token]].concat());
}
