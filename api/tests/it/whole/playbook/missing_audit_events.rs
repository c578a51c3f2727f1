//! Acts that are not in the audit trail.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use http::Method;
use serde_json::json;

use super::Night;

const SCENARIO: &str = "Missing audit events";

#[tokio::test]
async fn an_act_whose_append_was_rolled_back_is_found_out_and_done_once_by_repeating_it() {
    let Some(mut night) = Night::begins(&["--limit", "append.patience=1s"]).await else { return };
    let desk = &night.desk;
    let copy = desk.ready(desk.exam().await, "A-1", 1).await;
    let body = r#"{"reason": "handed in twice"}"#;
    let request = desk.ask(&desk.admin, Method::POST, &format!("/api/copies/{copy}/void"));
    let request = request.header("idempotency-key", "void-1").header("x-request-id", "desk-7.void-1");
    let request = request.header("content-type", "application/json").body(body);
    let held = night.place.hold_head().await;
    // The backend that appends is killed as often as it comes back, until the service gives up.
    let refused = tokio::select! {
        refused = desk.hear(request) => refused,
        () = night.kill_appends() => unreachable!("it goes on for ever"),
    };
    assert_eq!(refused.status, 503);
    held.rollback().await.unwrap();
    night.place.nobody_waits().await;
    assert_eq!(night.place.payloads("CopyVoided").await, []);

    for (name, value) in [
        ("COPY", copy.to_string().as_str()),
        ("REQUEST", "desk-7.void-1"),
        ("KEY", "void-1"),
        ("BODY", body),
        ("METHOD", "POST"),
        ("PATH_OF_IT", format!("copies/{copy}/void").as_str()),
    ] {
        night.operator.knows(name, value).await;
    }
    night.operator.follows(SCENARIO, "Repeat the request").await;
    assert_eq!(night.place.payloads("CopyVoided").await.len(), 1);
    let trail = night.desk.trail(copy).await;
    assert_eq!(trail.last().unwrap()["action"], "VOID");
    night.place.assert_sound().await;
}

/// A view that stops is let go on without a stream, and takes it in again once the cause is mended.
#[tokio::test]
async fn a_trail_that_stopped_on_an_event_is_found_out_goes_on_and_is_whole_again_in_the_end() {
    let Some(mut night) = Night::begins(&[]).await else { return };
    let desk = &night.desk;
    let copy = desk.ready(desk.exam().await, "A-1", 1).await;
    night.place.views_caught_up().await;
    let rule = "ALTER TABLE audit_trail_v1 ADD CONSTRAINT no_locks CHECK (action <> 'LOCK') NOT VALID";
    sqlx::query(rule).execute(night.place.pool()).await.unwrap();
    desk.lock(copy, 600).await;
    night.stopped("audit_trail").await;
    night.operator.knows("COPY", &copy.to_string()).await;
    night.operator.knows("REQUEST", "not-known").await;
    night.operator.follows(SCENARIO, "Let the view go on").await;
    night.place.views_caught_up().await;

    sqlx::query("ALTER TABLE audit_trail_v1 DROP CONSTRAINT no_locks")
        .execute(night.place.pool())
        .await
        .unwrap();
    night.operator.follows(SCENARIO, "Take the stream in again").await;
    night.place.views_caught_up().await;
    assert_eq!(night.desk.trail(copy).await.last().unwrap()["action"], "LOCK");
}

#[tokio::test]
async fn a_ledger_that_was_tampered_with_is_found_out_and_kept_as_it_is() {
    let Some(mut night) = Night::begins(&[]).await else { return };
    let copy = night.desk.ready(night.desk.exam().await, "A-1", 1).await;
    night.place.views_caught_up().await;
    for tampering in [
        "ALTER TABLE events DISABLE TRIGGER ALL",
        "UPDATE events SET payload = '{\"ExamCreated\":{\"code\":\"OTHER\"}}' WHERE event_type = 'ExamCreated'",
        "ALTER TABLE events ENABLE TRIGGER ALL",
    ] {
        sqlx::query(tampering).execute(night.place.pool()).await.unwrap();
    }
    night.operator.knows("COPY", &copy.to_string()).await;
    night.operator.knows("REQUEST", "not-known").await;
    let folder = night.place.folder.path().to_owned();
    night.operator.knows("EVIDENCE_FOLDER", folder.to_str().unwrap()).await;
    let kept = night.operator.follows(SCENARIO, "Keep everything as it is").await;
    assert!(kept.contains("verify.txt") && kept.contains("as-found.dump"), "{kept}");
    let mut entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let evidence = entries.find(|path| path.to_str().unwrap().contains("evidence.")).unwrap();
    let verdict = fs::read_to_string(evidence.join("verify.txt")).unwrap();
    assert!(verdict.contains("BROKEN at position 1"), "{verdict}");
    assert!(evidence.join("as-found.dump").metadata().unwrap().len() > 10_000);
    assert_eq!(evidence.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

/// What was told in the answer is one thing; what the ledger holds another.
#[tokio::test]
async fn an_act_that_was_recorded_though_its_answer_was_lost_is_answered_by_its_first_answer() {
    let Some(mut night) = Night::begins(&[]).await else { return };
    let desk = &night.desk;
    let copy = desk.ready(desk.exam().await, "A-1", 1).await;
    let body = json!({"reason": "handed in twice"});
    let request = desk.ask(&desk.admin, Method::POST, &format!("/api/copies/{copy}/void"));
    desk.hear(request.header("idempotency-key", "void-1").json(&body)).await.body(200);
    let playbook = super::Document::read();
    let action = playbook.section(&[SCENARIO, "Actions", "Repeat the request"]);
    let path = format!("copies/{copy}/void");
    let body = body.to_string();
    for (name, value) in [("KEY", "void-1"), ("METHOD", "POST"), ("PATH_OF_IT", &path), ("BODY", &body)] {
        night.operator.knows(name, value).await;
    }
    for block in &action.blocks {
        night.operator.run(block).await;
    }
    assert_eq!(night.place.payloads("CopyVoided").await.len(), 1);
}
