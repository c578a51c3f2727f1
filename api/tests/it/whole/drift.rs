//! Rows that went wrong, as an operator finds and repairs them.

use serde_json::{Value, json};

use super::desk::Desk;
use super::place::Place;
use super::process::{Process, run_at, stderr, stdout};
use super::seen;

async fn damage(place: &Place, sql: &str) {
    let damaged = sqlx::query(sql).execute(place.pool()).await.unwrap();
    assert!(damaged.rows_affected() > 0, "{sql}");
}

#[tokio::test]
async fn drift_names_each_row_and_column_that_differs_and_repairs_what_it_is_told_to() {
    let place = Place::new().await;
    let running = place.service().await;
    let desk = &running.desk;
    let exam = desk.exam().await;
    let (wrong, held) = (desk.ready(exam, "A-1", 2).await, desk.held(exam, "A-2", 1).await);
    place.views_caught_up().await;
    let rows = place.rows().await;
    let clean = run_at(&place, &["drift"]).await;
    assert_eq!(clean.status.code(), Some(0), "{}", stderr(&clean));
    assert!(stdout(&clean).contains("nothing differs"), "{}", stdout(&clean));

    damage(&place, &format!("UPDATE copies_v2 SET status = 'GRADED' WHERE copy_id = '{wrong}'")).await;
    damage(&place, &format!("DELETE FROM copy_locks_v1 WHERE copy_id = '{}'", held.copy)).await;
    let found = run_at(&place, &["drift"]).await;
    let said = stdout(&found);
    assert_eq!(found.status.code(), Some(1), "{said}");
    assert!(
        said.contains(&format!(
            "copies: copy {wrong}\n    status: the events give \"READY\", the row has \"GRADED\""
        )),
        "{said}"
    );
    assert!(said.contains(&format!("copy_locks: copy {}\n    the row is missing", held.copy)), "{said}");
    assert!(said.contains("`gradeledger drift copies copy_locks --repair`"), "{said}");

    let found = run_at(&place, &["drift", "--json", "--copy", &wrong.to_string()]).await;
    assert_eq!(found.status.code(), Some(1));
    let lines: Vec<Value> = stdout(&found).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["columns"], json!([{"column": "status", "expected": "READY", "live": "GRADED"}]));
    assert_eq!(lines[0]["stream"], json!({"type": "ExamCopy", "id": wrong}));
    assert_eq!(lines[1]["summary"]["clean"], false);

    let repaired = run_at(&place, &["drift", "copies", "copy_locks", "--repair"]).await;
    assert_eq!(repaired.status.code(), Some(1));
    assert!(stdout(&repaired).contains("1 rewritten"), "{}", stdout(&repaired));
    assert_eq!(run_at(&place, &["drift", "--sample", "10"]).await.status.code(), Some(0));
    assert_eq!(place.rows().await, rows);
    running.stop().await;
}

#[tokio::test]
async fn drift_that_cannot_look_says_so_and_is_not_taken_for_clean() {
    let place = Place::new().await;
    for (arguments, says) in [
        (&["drift", "marks"][..], "there is no view marks; there are copies,"),
        (&["drift", "--copy", "0199d0a0-0000-4000-8000-000000000000"], "no copy has the id"),
        (&["drift", "--sample", "0"], "0 is not in 1.."),
    ] {
        let refused = run_at(&place, arguments).await;
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&refused).contains(says), "{arguments:?}: {}", stderr(&refused));
    }
}

#[tokio::test]
async fn a_running_service_finds_a_row_that_went_wrong_and_tells_it_until_it_is_repaired() {
    let place = Place::new().await;
    let often = ["--limit", "work.drift_poll=100ms", "--limit", "work.drift_streams=2"];
    let process = Process::serve(&place, None, &often).await;
    let desk = Desk::open(&place.database, process.address).await;
    let exam = desk.exam().await;
    let wrong = desk.ready(exam, "A-1", 1).await;
    for number in 2..6 {
        desk.ready(exam, &format!("A-{number}"), 1).await;
    }
    place.views_caught_up().await;
    damage(&place, &format!("UPDATE copies_v2 SET sequence = 99 WHERE copy_id = '{wrong}'")).await;
    let rows = async || desk.metrics().await.of("projection_drift_rows{projection=\"copies\"}");
    seen("the figure rises", async || (rows().await > 0.5).then_some(())).await;
    let told = process.lines().into_iter().find(|line| line["level"] == "ERROR").unwrap();
    assert_eq!(told["copy_id"], json!(wrong));
    let to_do = told["fields"]["to_do"].as_str().unwrap();
    assert_eq!(to_do, format!("gradeledger drift copies --copy {wrong} --repair"));
    // Told once, however often it is seen.
    let checked = async || desk.metrics().await.of("projection_drift_checked_streams_total");
    let before = checked().await;
    seen("it looks on", async || (checked().await > before + 9.0).then_some(())).await;
    assert_eq!(process.lines().iter().filter(|line| line["level"] == "ERROR").count(), 1);
    let typed: Vec<&str> = to_do.split(' ').skip(1).collect();
    assert_eq!(run_at(&place, &typed).await.status.code(), Some(1));
    seen("the figure falls", async || (rows().await < 0.5).then_some(())).await;
}

#[tokio::test]
async fn a_service_that_is_told_not_to_look_does_not() {
    let place = Place::new().await;
    let often = ["--limit", "work.drift_poll=50ms", "--limit", "work.expiry_poll=50ms"];
    let holders = "SELECT count(*) FROM work_leaders WHERE duty = ";
    let duty = async |name: &str| -> bool {
        sqlx::query_scalar::<_, i64>(&format!("{holders}'{name}'")).fetch_one(place.pool()).await.unwrap()
            == 1
    };
    let quiet = Process::serve(&place, None, &[&often[..], &["--no-drift-check"]].concat()).await;
    seen("another duty is done", async || duty("expire locks").await.then_some(())).await;
    assert!(!duty("check drift").await);
    quiet.interrupt().await;
    let _watchful = Process::serve(&place, None, &often).await;
    seen("the duty is done", async || duty("check drift").await.then_some(())).await;
}

/// The rows may be what is right: a repair must not carry what was done to the events into them.
#[tokio::test]
async fn nothing_is_repaired_where_an_event_itself_is_not_what_was_recorded() {
    let place = Place::new().await;
    let running = place.service().await;
    let held = running.desk.held(running.desk.exam().await, "A-1", 1).await;
    running.desk.score(&held, "1", json!(7.5)).await;
    place.views_caught_up().await;
    let rows = place.rows().await;
    for tampering in [
        "ALTER TABLE events DISABLE TRIGGER ALL",
        "UPDATE events SET payload = replace(payload::text, '750', '800')::json WHERE event_type = 'QuestionScored'",
        "ALTER TABLE events ENABLE TRIGGER ALL",
    ] {
        sqlx::query(tampering).execute(place.pool()).await.unwrap();
    }
    let found = run_at(&place, &["drift", "copies"]).await;
    assert_eq!(found.status.code(), Some(1), "{}", stderr(&found));
    let refused = run_at(&place, &["drift", "copies", "--repair"]).await;
    assert_eq!(refused.status.code(), Some(2), "{}", stdout(&refused));
    assert!(stderr(&refused).contains("nothing is repaired: an event itself is not what was recorded"));
    assert_eq!(place.rows().await, rows);
    running.stop().await;
}
