//! The session that the demo plays, through the HTTP API alone.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use domain::Digest;
use fixtures::exam;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::client::Client;
use super::expect::Expectations;
use super::progress::Progress;
use super::scans::{SCANS, Scan};

/// Those who act in the session.
pub(super) struct Cast {
    pub(super) office: Client,
    pub(super) first_grader: Client,
    pub(super) second_grader: Client,
    pub(super) first_grader_id: String,
    pub(super) second_grader_id: String,
}

/// A copy at the end of the session.
pub(super) struct Played {
    pub(super) scan: &'static Scan,
    /// The copy as the API shows it.
    pub(super) copy: Value,
    /// Its audit trail, oldest first.
    pub(super) trail: Vec<Value>,
    /// Where its final PDF was saved.
    pub(super) final_pdf: Option<PathBuf>,
}

/// The whole session.
pub(super) struct Session {
    pub(super) exam: Value,
    pub(super) copies: Vec<Played>,
}

/// The longest that the imports may take together.
const IMPORTS: Duration = Duration::from_secs(120);
/// How often they are looked at.
const LOOK: Duration = Duration::from_millis(100);
/// The lease that graders ask for, in seconds.
const TTL_SECONDS: u32 = 600;

/// Plays the session; final PDFs are saved in `folder`.
pub(super) async fn play(
    cast: &Cast,
    folder: &std::path::Path,
    progress: &Progress,
    expectations: &mut Expectations,
) -> anyhow::Result<Session> {
    let exam = set_up_exam(cast).await.context("setting up the exam")?;
    let exam_id = text(&exam, "id")?;
    progress.say(&format!("exam {} with {} questions", text(&exam, "code")?, exam::scheme().len()));

    let mut copies = Vec::new();
    for scan in &SCANS {
        progress.begin(&format!("import {}: {}", scan.anonymous_id, scan.what));
        let pdf = scan.pdf();
        let bytes = pdf.len();
        let copy = cast.office.upload(&exam_id, scan.anonymous_id, scan.filename, pdf).await?;
        progress.say(&format!("{} received, {} KB: {}", scan.anonymous_id, bytes / 1_000, scan.what));
        copies.push((scan, text(&copy, "id")?));
    }
    imports(cast, &copies, progress, expectations).await?;

    let mut played = Vec::new();
    for (nth, (scan, copy)) in copies.into_iter().enumerate() {
        let final_pdf = if scan.pages.is_some() {
            progress.begin(&format!("mark {}", scan.anonymous_id));
            Some(mark(cast, scan, &copy, nth == 0, folder, progress, expectations).await?)
        } else {
            None
        };
        let trail = trail(cast, &copy).await?;
        let copy = cast.office.get(&format!("/api/copies/{copy}")).await?;
        played.push(Played { scan, copy, trail, final_pdf });
    }
    Ok(Session { exam, copies: played })
}

async fn set_up_exam(cast: &Cast) -> anyhow::Result<Value> {
    let office = &cast.office;
    let exam = office
        .send(Method::POST, "/api/exams", &json!({ "code": exam::CODE }), None, StatusCode::CREATED)
        .await?;
    let id = text(&exam, "id")?;
    let questions: Vec<Value> = exam::scheme()
        .iter()
        .map(|question| -> anyhow::Result<Value> {
            let maximum: Value = serde_json::from_str(&question.maximum.to_string())?;
            Ok(json!({ "id": question.id, "maximum": maximum }))
        })
        .collect::<anyhow::Result<_>>()?;
    let scheme = format!("/api/exams/{id}/scheme");
    office.send(Method::POST, &scheme, &json!({ "questions": questions }), None, StatusCode::OK).await?;
    let graders = format!("/api/exams/{id}/graders");
    for grader in [&cast.first_grader_id, &cast.second_grader_id] {
        office.send(Method::POST, &graders, &json!({ "grader_id": grader }), None, StatusCode::OK).await?;
    }
    Ok(exam)
}

/// Waits until every scan is read, or given up.
async fn imports(
    cast: &Cast,
    copies: &[(&'static Scan, String)],
    progress: &Progress,
    expectations: &mut Expectations,
) -> anyhow::Result<()> {
    let deadline = tokio::time::Instant::now() + IMPORTS;
    for (scan, copy) in copies {
        progress.begin(&format!("read the pages of {}", scan.anonymous_id));
        let read = loop {
            let standing = cast.office.get(&format!("/api/copies/{copy}")).await?;
            if standing["import"]["state"] != "pending" {
                break standing;
            }
            if tokio::time::Instant::now() > deadline {
                bail!("{} was not imported within {} s", scan.anonymous_id, IMPORTS.as_secs());
            }
            tokio::time::sleep(LOOK).await;
        };
        let pages = read["pages"].as_array().map_or(0, Vec::len);
        let id = scan.anonymous_id;
        match scan.pages {
            Some(expected) => {
                expectations.equal(&format!("{id}: import"), &json!("done"), &read["import"]["state"]);
                expectations.equal(&format!("{id}: pages"), &json!(expected), &json!(pages));
                progress.say(&format!("{id} imported, {pages} pages"));
            }
            None => {
                expectations.equal(&format!("{id}: import"), &json!("failed"), &read["import"]["state"]);
                let error = &read["last_failure"]["error_type"];
                expectations.equal(&format!("{id}: error"), &json!("invalid_pdf"), error);
                progress.say(&format!("{id} refused, as it must be: {}", error.as_str().unwrap_or("?")));
            }
        }
    }
    Ok(())
}

/// One copy from validation to its final PDF.
async fn mark(
    cast: &Cast,
    scan: &Scan,
    copy: &str,
    with_conflict: bool,
    folder: &std::path::Path,
    progress: &Progress,
    expectations: &mut Expectations,
) -> anyhow::Result<PathBuf> {
    let at = |tail: &str| format!("/api/copies/{copy}/{tail}");
    let grader = &cast.first_grader;
    cast.office.send(Method::POST, &at("ready"), &Value::Null, None, StatusCode::OK).await?;
    let ttl = json!({ "ttl_seconds": TTL_SECONDS });
    let lock = grader.send(Method::POST, &at("lock"), &ttl, None, StatusCode::OK).await?;
    let token = text(&lock, "token")?;
    if with_conflict {
        let refused =
            cast.second_grader.send(Method::POST, &at("lock"), &ttl, None, StatusCode::CONFLICT).await?;
        expectations.equal("a second grader's lock", &json!("already_locked"), &refused["code"]);
        progress.say("a second grader wanted the same copy and was refused: already_locked");
    }
    annotate(grader, &at, &token, scan.pages.unwrap_or(1)).await?;
    let beat = grader.send(Method::POST, &at("lock/heartbeat"), &ttl, Some(&token), StatusCode::OK).await?;
    // In the first half of a lease a heartbeat is answered with the standing expiry, and nothing is recorded.
    let what = format!("{}: heartbeat", scan.anonymous_id);
    expectations.equal(&what, &lock["expires_at"], &beat["expires_at"]);
    score(grader, &at, &token).await?;

    progress.begin(&format!("make the final PDF of {}", scan.anonymous_id));
    let graded = grader.finalise(copy, &token).await?;
    let id = scan.anonymous_id;
    expectations.equal(&format!("{id}: status"), &json!("GRADED"), &graded["status"]);
    expectations.equal(&format!("{id}: total"), &json!(16.75), &graded["grade"]["total"]);
    let pdf = grader.get_bytes(&at("final-pdf")).await?;
    let sha256 = Digest::of(&pdf).to_string();
    expectations.equal(&format!("{id}: final PDF"), &graded["grade"]["pdf_sha256"], &json!(sha256));
    let exported = cast.office.export(copy).await?;
    expectations.equal(&format!("{id}: export"), &json!(sha256), &json!(Digest::of(&exported).to_string()));
    let path = folder.join(format!("{id}.pdf"));
    tokio::fs::write(&path, &pdf).await.with_context(|| format!("saving {}", path.display()))?;
    progress.say(&format!("{id} graded: {} of 20 points", graded["grade"]["total"]));
    Ok(path)
}

/// Four annotations; their points are -0.5 and +0.25.
async fn annotate(
    grader: &Client,
    at: &impl Fn(&str) -> String,
    token: &str,
    pages: usize,
) -> anyhow::Result<()> {
    let last = pages - 1;
    let place = |x: f64, y: f64| json!({ "x": x, "y": y, "width": 0.3, "height": 0.05 });
    let annotations = [
        json!({ "page_index": 0, "box": place(0.1, 0.2), "kind": "COMMENT", "text": exam::FRENCH }),
        json!({ "page_index": 0, "box": place(0.5, 0.4), "kind": "ERROR", "points": -0.5, "question": "2.a",
                "text": exam::GREEK }),
        json!({ "page_index": last, "box": place(0.1, 0.6), "kind": "BONUS", "points": 0.25, "text": exam::ARABIC }),
        json!({ "page_index": last.min(2), "box": place(0.4, 0.8), "kind": "HIGHLIGHT", "text": exam::FRENCH }),
    ];
    for annotation in &annotations {
        let path = at("annotations");
        grader.send(Method::POST, &path, annotation, Some(token), StatusCode::CREATED).await?;
    }
    Ok(())
}

/// Scores of 17 points, a remark and an appreciation.
async fn score(grader: &Client, at: &impl Fn(&str) -> String, token: &str) -> anyhow::Result<()> {
    for (question, points) in [("1", 4.0), ("2.a", 2.5), ("2.b", 3.5), ("3", 4.5), ("4", 2.5)] {
        let path = at(&format!("scores/{question}"));
        grader.send(Method::PUT, &path, &json!({ "points": points }), Some(token), StatusCode::OK).await?;
    }
    let remark = json!({ "remark": exam::REMARK });
    grader.send(Method::PUT, &at("remarks/3"), &remark, Some(token), StatusCode::OK).await?;
    let appreciation = json!({ "appreciation": exam::APPRECIATION });
    grader.send(Method::PUT, &at("appreciation"), &appreciation, Some(token), StatusCode::OK).await?;
    Ok(())
}

async fn trail(cast: &Cast, copy: &str) -> anyhow::Result<Vec<Value>> {
    let trail = cast.office.get(&format!("/api/copies/{copy}/audit?limit=200")).await?;
    Ok(trail["items"].as_array().context("the audit trail has no items")?.clone())
}

/// A text field of an answer.
pub(super) fn text(answer: &Value, field: &str) -> anyhow::Result<String> {
    Ok(answer[field].as_str().with_context(|| format!("the answer has no {field}"))?.to_owned())
}
