//! What may still happen to a graded copy: corrected, opened again, taken out of the count.

use http::Method;
use serde_json::json;

use super::place::Place;
use super::session::of;
use crate::pdf_finalise::viewer::{assert_clean, words_of};

/// Law L7: a corrected score makes a new PDF.
#[tokio::test]
async fn l7_a_correction_makes_a_new_final_pdf_that_shows_the_new_score() {
    let place = Place::new().await;
    let office = place.service().await;
    let desk = &office.desk;
    let held = desk.held(desk.exam().await, "A-1", 2).await;
    let copy = held.copy;
    desk.score(&held, "1", json!(6.25)).await;
    let graded = desk.finalise(&held).await;
    let before = desk.final_pdf(copy).await;

    let correction = json!({"question": "1", "points": 9.75, "reason": "a sheet was overlooked"});
    desk.post(&desk.admin, &format!("/api/copies/{copy}/correct"), correction).await.body(202);
    let corrected = desk.copy_when(copy, "graded again", |copy| copy["status"] == "GRADED").await;
    assert_eq!(corrected["grade"]["total"], json!(9.75));
    assert_ne!(corrected["grade"]["pdf_sha256"], graded["grade"]["pdf_sha256"]);
    let after = desk.final_pdf(copy).await;
    for (pdf, shown, not_shown) in [(&before, "6.25", "9.75"), (&after, "9.75", "6.25")] {
        assert_clean(pdf, "the final PDF");
        // The score sheet follows the two pages of the scan.
        let Some(words) = words_of(pdf, 3, 3) else { continue };
        let words = words.replace(',', ".");
        assert!(words.contains(shown) && !words.contains(not_shown), "{words}");
    }
    let trail = desk.trail(copy).await;
    let told = &of(&trail, "CORRECT")[0]["metadata"];
    assert_eq!((&told["before"], &told["after"]), (&json!(6.25), &json!(9.75)));
    assert_eq!(told["reason"], "a sheet was overlooked");
    let scores: Vec<_> = of(&trail, "FINALIZE").iter().map(|line| &line["metadata"]["final_score"]).collect();
    assert_eq!(scores, [&json!(6.25), &json!(9.75)]);
    office.stop().await;
    place.assert_sound().await;
}

/// Law L12: after grading, marks change by reopening only, and the second record stands beside the first.
#[tokio::test]
async fn l12_a_reopened_copy_is_marked_and_finalised_again_and_then_may_be_voided() {
    let place = Place::new().await;
    let office = place.service().await;
    let desk = &office.desk;
    let mut held = desk.held(desk.exam().await, "A-1", 1).await;
    let copy = held.copy;
    desk.score(&held, "1", json!(4)).await;
    desk.finalise(&held).await;
    let late = desk.mark(&held, Method::PUT, "/scores/1", json!({"points": 5})).await;
    late.refused(409, "already_graded");

    let reason = json!({"reason": "the second page was not marked"});
    desk.post(&desk.admin, &format!("/api/copies/{copy}/reopen"), reason).await.body(200);
    held = desk.lock(copy, 600).await;
    desk.score(&held, "2", json!(1.5)).await;
    let graded = desk.finalise(&held).await;
    assert_eq!(graded["grade"]["total"], json!(5.5));
    let reason = json!({"reason": "written by two hands"});
    let voided = desk.post(&desk.admin, &format!("/api/copies/{copy}/void"), reason).await.body(200);
    assert_eq!(voided["status"], "VOIDED");

    let actions = desk.actions(copy).await;
    let expected = [
        "IMPORT_REQUEST",
        "IMPORT",
        "VALIDATE",
        "LOCK",
        "SCORE",
        "FINALIZE_START",
        "FINALIZE",
        "REOPEN",
        "LOCK",
        "SCORE",
        "FINALIZE_START",
        "FINALIZE",
        "VOID",
    ];
    assert_eq!(actions, expected);
    let trail = desk.trail(copy).await;
    let reopened = &of(&trail, "REOPEN")[0]["metadata"];
    assert_eq!(
        (&reopened["reason"], &reopened["cycle"]),
        (&json!("the second page was not marked"), &json!(2))
    );
    assert_eq!(of(&trail, "VOID")[0]["metadata"]["reason"], "written by two hands");
    let scores: Vec<_> = of(&trail, "FINALIZE").iter().map(|line| &line["metadata"]["final_score"]).collect();
    assert_eq!(scores, [&json!(4), &json!(5.5)]);
    let again = desk.post(&desk.grader, &format!("/api/copies/{copy}/lock"), json!({})).await;
    assert_eq!(again.status, 409);
    // Counted in no status.
    let figures = desk.metrics().await;
    assert!(figures.of("grading_copies_by_status{status=\"GRADED\"}").abs() < f64::EPSILON);
    office.stop().await;
    place.assert_sound().await;
}
