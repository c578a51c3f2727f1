//! Where the log cannot be written, nothing is shown.

use std::time::{Duration, Instant};

use gradeledger::access_log::AccessLogLimits;
use serde_json::json;

use super::super::world::SOON;
use super::{because, rows, world};

const NAME: &str = "Zoë Quartermain";
const TEXT: &str = "Il manque une étape";

fn quick() -> AccessLogLimits {
    AccessLogLimits {
        wait: Duration::from_millis(250),
        rest: Duration::from_millis(20),
        ..AccessLogLimits::default()
    }
}

#[tokio::test]
async fn identities_exports_and_opened_texts_are_withheld_while_the_log_cannot_be_written_and_marks_soon_after()
 {
    let world = world(quick()).await;
    let (copy, subject) = (world.graded().await, world.subject(NAME).await);
    let marks = format!("/api/copies/{copy}/annotations");
    world.get(&world.grader, &marks).await.body(200);
    let before = rows(&world).await.len();
    sqlx::query("ALTER TABLE access_log RENAME TO hidden").execute(&world.keys).await.unwrap();
    let withheld = [
        (world.get(&world.admin, &format!("/api/subjects/{subject}")).await, "an identity"),
        (world.get(&world.admin, "/api/subjects").await, "subjects"),
        (because(&world, &world.auditor, &marks, "complaint 14").await, "a text"),
        (
            because(&world, &world.auditor, &format!("/api/copies/{copy}/final-pdf"), "complaint 14").await,
            "a PDF",
        ),
    ];
    for (said, what) in &withheld {
        assert_eq!(said.refused(503, "access_log_unavailable")["code"], "access_log_unavailable", "{what}");
        assert!(said.header("retry-after").parse::<u64>().unwrap() >= 1, "{what}");
        let told = String::from_utf8_lossy(&said.bytes);
        assert!(
            !told.contains("Quartermain") && !told.contains(TEXT) && !told.contains("access_log\""),
            "{told}"
        );
    }
    // Of these the table itself is a part, and could not be read.
    for path in [&format!("/api/subjects/{subject}/export"), "/api/access-log"] {
        let said = world.get(&world.admin, path).await;
        assert!(
            said.status >= 500 && !String::from_utf8_lossy(&said.bytes).contains("Quartermain"),
            "{path}"
        );
    }
    let (began, mut shown) = (Instant::now(), 0);
    loop {
        let said = world.get(&world.grader, &marks).await;
        if said.status == 503 {
            said.refused(503, "access_log_unavailable");
            break;
        }
        shown += 1;
        assert!(began.elapsed() < SOON, "marks are shown without end");
    }
    world
        .get(&world.grader, &format!("/api/copies/{copy}/pages/0.png"))
        .await
        .refused(503, "access_log_unavailable");
    // What changes something goes on: it is in the ledger.
    world.post(&world.admin, "/api/exams", json!({"code": "PHYSICS-2026"})).await.body(201);
    assert!(world.figure("access_log_failed_batches_total") >= 1);
    assert!(world.figure("access_log_withheld_answers_total{strength=\"committed\"}") >= 4);
    assert!(world.figure("access_log_withheld_answers_total{strength=\"queued\"}") >= 1);
    sqlx::query("ALTER TABLE hidden RENAME TO access_log").execute(&world.keys).await.unwrap();
    while world.get(&world.grader, &marks).await.status != 200 {
        assert!(began.elapsed() < SOON, "marks are withheld without end");
    }
    world.get(&world.admin, &format!("/api/subjects/{subject}")).await.body(200);
    // All that was shown meanwhile is in the log now, and nothing else.
    assert_eq!(rows(&world).await.len(), before + shown + 2);
}

/// A statement that nobody waits for any more must not be written after all, beside its repeat.
#[tokio::test]
async fn what_was_tried_many_times_while_somebody_held_the_table_is_there_once() {
    let world = world(quick()).await;
    let copy = world.graded().await;
    let marks = format!("/api/copies/{copy}/annotations");
    // The writer has a connection that knows the statement: over that one it is sent whole.
    world.get(&world.grader, &marks).await.body(200);
    let before = rows(&world).await.len();
    assert_eq!(before, 1);
    let mut held = world.keys.begin().await.unwrap();
    sqlx::query("LOCK TABLE access_log IN EXCLUSIVE MODE").execute(&mut *held).await.unwrap();
    let (began, mut shown) = (Instant::now(), 0);
    while world.figure("access_log_failed_batches_total") < 4 {
        let said = world.get(&world.grader, &marks).await;
        shown += usize::from(said.status == 200);
        assert!(began.elapsed() < SOON, "the log is written though its table is held");
    }
    held.commit().await.unwrap();
    assert!(shown > 0);
    assert_eq!(rows(&world).await.len(), before + shown);
}
