//! `gradeledger lock release`, `import retry` and `finalize retry`, as an operator types them.

use std::fs;

use domain::CopyId;
use serde_json::{Value, json};

use super::place::Place;
use super::process::{run_as, stderr, stdout, unfolded};
use super::session::of;

/// Runs a repair of a copy in the name of whoever has the token.
async fn repair(
    place: &Place,
    token: &str,
    words: [&str; 2],
    copy: CopyId,
    more: &[&str],
) -> std::process::Output {
    let copy = copy.to_string();
    let given = [&words[..], &[copy.as_str(), "--reason", "the store was full"], more].concat();
    run_as(place, token, &given).await
}

#[tokio::test]
async fn l16_a_finalisation_whose_scan_is_back_is_retried_by_a_command_and_ends_well() {
    let place = Place::new().await;
    let office = place.service().await;
    let desk = &office.desk;
    let admin = &desk.admin.token;
    let held = desk.held(desk.exam().await, "A-1", 2).await;
    let copy = held.copy;
    let source = desk.copy(copy).await["source"]["sha256"].as_str().unwrap().to_owned();
    let blob = place.blobs().join(copy.to_string()).join(source);
    let away = place.folder.path().join("away");
    fs::rename(&blob, &away).unwrap();
    assert_eq!(desk.finalise(&held).await["status"], "GRADING_FAILED");
    place.views_caught_up().await;
    fs::rename(&away, &blob).unwrap();
    let retried = repair(&place, admin, ["finalize", "retry"], copy, &[]).await;
    let said = unfolded(&stdout(&retried));
    assert!(retried.status.success(), "{said}{}", stderr(&retried));
    for told in [
        format!("finalisation is tried again: copy {copy} was GRADING_FAILED, its finalisation failed at attempt 3: "),
        "unknown at the stage fetch now GRADING_IN_PROGRESS, attempt 4 of its final PDF is to be made, with 0 points "
            .to_owned(),
        format!(", by admin {}, request cli-", desk.admin.id),
        "next a worker takes it up; `gradeledger status` shows the queue".to_owned(),
    ] {
        assert!(said.contains(&told), "{told} is not in\n{said}");
    }
    desk.copy_when(copy, "it is graded", |copy| copy["status"] == "GRADED").await;
    let trail = desk.trail(copy).await;
    let retry = of(&trail, "FINALIZE_START").into_iter().last().unwrap();
    assert_eq!(retry["metadata"]["reason"], "the store was full");
    assert_eq!(retry["actor_id"], json!(desk.admin.id));
    let again = repair(&place, admin, ["finalize", "retry"], copy, &[]).await;
    assert!(!again.status.success());
    assert!(stderr(&again).contains("the finalisation of this copy is done; there is nothing to retry"));
    office.stop().await;
    place.assert_sound().await;
}

#[tokio::test]
async fn l16_a_lock_is_taken_away_by_a_command_and_the_next_grader_has_the_copy() {
    let place = Place::new().await;
    let office = place.service().await;
    let desk = &office.desk;
    let held = desk.held(desk.exam().await, "A-1", 1).await;
    let copy = held.copy;
    let released = repair(&place, &desk.admin.token, ["lock", "release"], copy, &["--json"]).await;
    assert!(released.status.success(), "{}", stderr(&released));
    let document: Value = serde_json::from_str(&stdout(&released)).unwrap();
    assert_eq!((&document["act"], &document["copy_id"]), (&json!("lock_release"), &json!(copy)));
    assert_eq!(
        (&document["before"]["status"], &document["after"]["status"]),
        (&json!("LOCKED"), &json!("READY"))
    );
    assert_eq!(document["before"]["lock"]["owner_id"], json!(desk.grader.id));
    let position = document["position"].as_i64().unwrap();
    let kind: String = sqlx::query_scalar("SELECT event_type FROM events WHERE position = $1")
        .bind(position)
        .fetch_one(place.pool())
        .await
        .unwrap();
    assert_eq!(kind, "LockForceReleased");
    let again = repair(&place, &desk.admin.token, ["lock", "release"], copy, &[]).await;
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("this copy has no lock: it is in status READY"), "{}", stderr(&again));
    desk.lock(copy, 600).await;
    office.stop().await;
}

#[tokio::test]
async fn l16_an_import_is_retried_by_a_command_and_what_cannot_be_is_refused_in_plain_words() {
    let place = Place::new().await;
    let office = place.service().await;
    let desk = &office.desk;
    let exam = desk.exam().await;
    let copy = desk.send(exam, "A-1", b"%PDF-1.7 and nothing more".to_vec()).await;
    desk.import_ended(copy).await;
    let admin = &desk.admin.token;
    for (token, told) in
        [("", "no token was given"), (desk.grader.token.as_str(), "the token has the role grader")]
    {
        let refused = repair(&place, token, ["import", "retry"], copy, &[]).await;
        assert!(!refused.status.success() && stderr(&refused).contains(told), "{}", stderr(&refused));
    }
    let before = place.types(copy).await.len();
    let bare = run_as(&place, admin, &["import", "retry", &copy.to_string()]).await;
    assert!(stderr(&bare).contains("--reason <TEXT>"), "{}", stderr(&bare));
    let blank = run_as(&place, admin, &["import", "retry", &copy.to_string(), "--reason", " "]).await;
    assert!(stderr(&blank).contains("a reason has 1 to 2000 characters"), "{}", stderr(&blank));
    assert_eq!(place.types(copy).await.len(), before, "nothing was recorded");
    let retried = repair(&place, admin, ["import", "retry"], copy, &[]).await;
    let said = stdout(&retried);
    assert!(said.contains("was        STAGING, its import failed at attempt 1: invalid_pdf"), "{said}");
    assert!(said.contains("now        STAGING, attempt 2 of its import is to be made"), "{said}");
    desk.copy_when(copy, "the second attempt failed", |copy| copy["last_failure"]["attempt"] == 2).await;
    let nowhere = CopyId(uuid::Uuid::now_v7());
    let refused = repair(&place, admin, ["import", "retry"], nowhere, &[]).await;
    assert!(
        stderr(&refused).contains(&format!("there is no copy {nowhere} in this ledger")),
        "{}",
        stderr(&refused)
    );
    // With nobody to take it up, that is what comes next.
    let token = admin.clone();
    office.stop().await;
    let retried = repair(&place, &token, ["import", "retry"], copy, &[]).await;
    let said = unfolded(&stdout(&retried));
    assert!(
        said.contains("next NO WORKER RUNS now, so nothing takes it up yet: start `gradeledger serve`"),
        "{said}"
    );
    let again = repair(&place, &token, ["import", "retry"], copy, &[]).await;
    let said = stderr(&again);
    assert!(
        said.contains(
            "the import of this copy is still being tried (attempt 3), so there is nothing to retry"
        ),
        "{said}"
    );
}
