//! One copy from its scan to its final PDF, as the API and the audit trail tell it.

use domain::Digest;
use fixtures::scans::{ORIENTATIONS, vector_mixed_orientation};
use http::Method;
use serde_json::{Value, json};

use super::desk::Desk;
use super::place::Place;
use crate::routes::world::an_annotation;

/// The lines of one action.
pub(super) fn of<'a>(trail: &'a [Value], action: &str) -> Vec<&'a Value> {
    trail.iter().filter(|line| line["action"] == action).collect()
}

/// That these actions happened, in this order, whatever lies between.
fn assert_in_order(trail: &[Value], actions: &[&str]) {
    let mut told = trail.iter();
    for action in actions {
        assert!(told.any(|line| line["action"] == *action), "no {action} in its place: {trail:#?}");
    }
}

async fn export(desk: &Desk, copy: domain::CopyId) -> Vec<u8> {
    let said = desk.post(&desk.admin, &format!("/api/copies/{copy}/export"), json!({"format": "PDF"})).await;
    assert_eq!(said.status, 200);
    said.bytes
}

#[tokio::test]
async fn a_session_is_in_the_audit_trail_in_its_order_and_with_its_particulars() {
    let place = Place::new().await;
    let office = place.service().await;
    let desk = &office.desk;
    let exam = desk.exam().await;
    let copy = desk.send(exam, "A-1", vector_mixed_orientation()).await;
    let imported = desk.import_ended(copy).await;
    assert_eq!(imported["pages"].as_array().unwrap().len(), ORIENTATIONS.len());
    desk.post(&desk.admin, &format!("/api/copies/{copy}/ready"), json!({})).await.body(200);
    let held = desk.lock(copy, 600).await;
    let mut added = Vec::new();
    for page in [0, 3] {
        let mut annotation = an_annotation();
        annotation["page_index"] = json!(page);
        added.push((desk.mark(&held, Method::POST, "/annotations", annotation).await.body(201), page));
    }
    desk.score(&held, "1", json!(8.75)).await;
    desk.score(&held, "2", json!(2.5)).await;
    let graded = desk.finalise(&held).await;
    // 8.75 and 2.5 for the questions, -0.25 for each annotation.
    assert_eq!((&graded["status"], &graded["grade"]["total"]), (&json!("GRADED"), &json!(10.75)));
    let pdf = desk.final_pdf(copy).await;
    assert_eq!(json!(Digest::of(&pdf).to_string()), graded["grade"]["pdf_sha256"]);
    assert_eq!(export(desk, copy).await, pdf);

    let trail = desk.trail(copy).await;
    let order = ["IMPORT", "VALIDATE", "LOCK", "CREATE_ANN", "CREATE_ANN", "FINALIZE", "EXPORT"];
    assert_in_order(&trail, &order);
    let import = of(&trail, "IMPORT");
    let told = &import[0]["metadata"];
    assert_eq!((import.len(), &told["filename"]), (1, &json!("Anna Müller A-1.pdf")));
    assert_eq!((&told["pages"], &told["success"]), (&json!(ORIENTATIONS.len()), &json!(true)));
    for (line, (annotation, page)) in of(&trail, "CREATE_ANN").into_iter().zip(&added) {
        let told = &line["metadata"];
        assert_eq!((&told["annotation_id"], &told["page"]), (&annotation["id"], &json!(page)));
        assert_eq!(line["actor_id"], json!(desk.grader.id));
    }
    let finalised = of(&trail, "FINALIZE");
    let told = &finalised[0]["metadata"];
    assert_eq!((finalised.len(), &told["success"]), (1, &json!(true)));
    assert_eq!((&told["final_score"], &told["retries"]), (&json!(10.75), &json!(0)));
    let positions: Vec<i64> = trail.iter().map(|line| line["position"].as_i64().unwrap()).collect();
    assert!(positions.is_sorted());
    // What a worker records carries the request that it began with, and the event that made it act.
    let asked = of(&trail, "IMPORT_REQUEST")[0];
    assert_eq!(import[0]["request_id"], asked["request_id"]);
    assert_eq!(import[0]["causation_id"], asked["event_id"]);
    office.stop().await;
    place.assert_sound().await;
}
