//! From finalising to the final PDF, and what may still happen to a graded copy.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::copy::{CopyState, ExamCopy};
use domain::{CopyId, Digest};
use http::Method;
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use super::world::{Said, World, heard};

async fn act(world: &World, copy: CopyId, act: &str, body: Value) -> Said {
    world.post(&world.admin, &format!("/api/copies/{copy}/{act}"), body).await
}

async fn final_pdf(world: &World, copy: CopyId) -> Said {
    world.get(&world.grader, &format!("/api/copies/{copy}/final-pdf")).await
}

async fn graded_digest(world: &World, copy: CopyId) -> Digest {
    let standing = world.app.ledger.load::<ExamCopy>(copy.0).await.unwrap().state;
    let CopyState::Graded(_, grade) = &standing.state else { panic!("{standing:?}") };
    grade.pdf
}

#[tokio::test]
async fn a_graded_copy_hands_out_its_final_pdf_and_reading_it_writes_nothing() {
    let world = World::new().await;
    let copy = world.finalising().await;
    let early = final_pdf(&world, copy).await.refused(409, "not_graded");
    assert_eq!(early["current_sequence"], world.events(copy).await.len());
    super::worker::finalise(&world.app, copy).await;
    let events = world.events(copy).await;
    let pdf = final_pdf(&world, copy).await;
    assert_eq!((pdf.status, pdf.header("content-type")), (200, "application/pdf"));
    assert_eq!(pdf.header("content-disposition"), "attachment; filename=\"A-1.pdf\"");
    assert_eq!(pdf.header("cache-control"), "no-store");
    assert!(pdf.bytes.starts_with(b"%PDF"));
    assert_eq!(Digest::of(&pdf.bytes), graded_digest(&world, copy).await);
    assert_eq!(world.events(copy).await, events);
}

#[tokio::test]
async fn a_finalisation_that_is_waited_for_answers_when_it_has_ended() {
    let world = World::new().await;
    let held = world.held().await;
    let path = format!("/api/copies/{}/finalize", held.copy);
    let request = world.ask(&world.grader, Method::POST, &path).header("x-lock-token", &held.token);
    let waiting = heard(request.header("prefer", "wait=50").json(&json!({})));
    let working = async {
        crate::office::until("the finalisation begins", || async {
            world.events(held.copy).await.last().is_some_and(|kind| kind == "FinalisationStarted")
        })
        .await;
        super::worker::finalise(&world.app, held.copy).await;
    };
    let (waited, ()) = tokio::join!(waiting, working);
    assert_eq!(waited.body(200)["status"], "GRADED");
    assert!(waited.header("preference-applied").starts_with("wait="));
}

#[tokio::test]
async fn a_wait_that_is_too_short_answers_with_the_copy_as_it_began() {
    let world = World::new().await;
    let held = world.held().await;
    let path = format!("/api/copies/{}/finalize", held.copy);
    let request = world.ask(&world.grader, Method::POST, &path).header("x-lock-token", &held.token);
    let waited = heard(request.header("prefer", "wait=1").json(&json!({}))).await;
    assert_eq!(waited.body(202)["status"], "GRADING_IN_PROGRESS");
}

#[tokio::test]
async fn a_failed_finalisation_is_started_again_without_a_lock() {
    let world = World::new().await;
    let copy = world.finalising().await;
    let finalise = format!("/api/copies/{copy}/finalize");
    world.post(&world.grader, &finalise, json!({})).await.refused(409, "wrong_status");
    super::worker::fail_finalisation(&world.app, copy).await;
    let again = world.post(&world.grader, &finalise, json!({})).await.body(202);
    let finalisation = &again["finalisation"];
    assert_eq!((&finalisation["attempt"], &finalisation["cause"]), (&json!(2), &json!("RETRY")));
}

/// Law L12, and L16: what is done to a graded copy has a reason, and is a command.
#[tokio::test]
async fn l12_a_graded_copy_changes_by_correction_or_reopening_with_a_reason() {
    let world = World::new().await;
    let copy = world.graded().await;
    let first_pdf = graded_digest(&world, copy).await;
    let finalise = format!("/api/copies/{copy}/finalize");
    world.post(&world.grader, &finalise, json!({})).await.refused(409, "already_graded");
    for (verb, without) in [
        ("correct", json!({"question": "1", "points": 8})),
        ("correct", json!({"question": "1", "points": 8, "reason": ""})),
        ("reopen", json!({})),
    ] {
        act(&world, copy, verb, without).await.refused(400, "invalid_json");
    }
    let reason = "an answer on the last page was overlooked";
    let same = json!({"question": "1", "points": 7.5, "reason": reason});
    act(&world, copy, "correct", same).await.refused(409, "nothing_to_correct");
    let above = json!({"question": "1", "points": 10.5, "reason": reason});
    act(&world, copy, "correct", above).await.refused(422, "outside_scheme");
    let better = json!({"question": "1", "points": 8, "reason": reason});
    let corrected = act(&world, copy, "correct", better).await.body(202);
    assert_eq!(corrected["marking"]["total"], 10);
    assert_eq!(corrected["finalisation"]["cause"], "CORRECTION");
    super::worker::finalise(&world.app, copy).await;
    assert_ne!(graded_digest(&world, copy).await, first_pdf, "a corrected score makes a new PDF (L7)");
    let reopened = act(&world, copy, "reopen", json!({"reason": "an appeal"})).await.body(200);
    assert_eq!((&reopened["status"], &reopened["marking"]["cycle"]), (&json!("READY"), &json!(2)));
    assert_eq!(reopened["grade"], Value::Null);
    final_pdf(&world, copy).await.refused(409, "not_graded");
}

#[tokio::test]
async fn an_exported_pdf_is_the_final_pdf_and_is_recorded() {
    let world = World::new().await;
    let copy = world.finalising().await;
    act(&world, copy, "export", json!({"format": "PDF"})).await.refused(409, "wrong_status");
    super::worker::finalise(&world.app, copy).await;
    act(&world, copy, "export", json!({"format": "DOCX"})).await.refused(400, "invalid_json");
    let exported = act(&world, copy, "export", json!({"format": "PDF"})).await;
    assert_eq!((exported.status, exported.header("content-type")), (200, "application/pdf"));
    assert_eq!(exported.bytes, final_pdf(&world, copy).await.bytes);
    assert_eq!(world.events(copy).await.last().unwrap(), "CopyExported");
}

#[tokio::test]
async fn an_exported_document_has_marks_and_events_and_the_digest_that_the_ledger_recorded() {
    let world = World::new().await;
    let copy = world.graded().await;
    let events = world.events(copy).await.len();
    let exported = act(&world, copy, "export", json!({"format": "JSON"})).await;
    let document = exported.body(200);
    let digest = Digest::of(&exported.bytes);
    assert_eq!(exported.header("repr-digest"), format!("sha-256=:{}:", STANDARD.encode(digest.0)));
    assert_eq!(document.to_string().as_bytes(), exported.bytes, "canonical: sorted, without white space");
    assert_eq!(document["events"].as_array().unwrap().len(), events);
    assert_eq!(document["annotations"][0]["text"], super::world::an_annotation()["text"]);
    assert_json_snapshot!(document["copy"]["marking"]);
    let trail = world.ask(&world.auditor, Method::GET, &format!("/api/copies/{copy}/audit?action=EXPORT"));
    let trail = heard(trail.header("ledger-position", exported.position())).await.body(200);
    assert_eq!(trail["items"][0]["metadata"], json!({"format": "JSON", "sha256": digest}));
}

/// The hashes of an exported document can be computed by whoever reads docs/EVENTS.md.
#[tokio::test]
async fn an_exported_document_proves_its_own_events() {
    let world = World::new().await;
    let copy = world.graded().await;
    let document = act(&world, copy, "export", json!({"format": "JSON"})).await.body(200);
    let text = |event: &Value, member: &str| event[member].as_str().unwrap().to_owned();
    let mut previous = Digest::ZERO;
    for event in document["events"].as_array().unwrap() {
        let content = domain::leaf::Content {
            event_id: text(event, "event_id").parse().unwrap(),
            aggregate_type: "ExamCopy",
            aggregate_id: &copy.to_string(),
            sequence: event["sequence"].as_i64().unwrap(),
            event_type: &text(event, "event_type"),
            event_version: &text(event, "event_version"),
            metadata: &text(event, "metadata"),
            payload: &text(event, "payload"),
        };
        let leaf = domain::leaf::Leaf {
            epoch: document["epoch"].as_str().unwrap().parse().unwrap(),
            position: event["position"].as_i64().unwrap(),
            recorded_at: text(event, "recorded_at").parse().unwrap(),
            content_hash: content.hash(),
            previous,
        };
        assert_eq!(leaf.hash().to_string(), text(event, "leaf_hash"));
        previous = leaf.hash();
    }
}
