//! `gradeledger status`, and what health, figures and the API say of a view that stands still.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

use super::place::Place;
use super::process::{run_at, stderr, stdout};
use super::seen;

const STUCK_AFTER: Duration = Duration::from_millis(200);
const SOON: [&str; 2] = ["--limit", "projectors.stuck_after=200ms"];

fn view<'a>(said: &'a Value, name: &str) -> &'a Value {
    said["views"].as_array().unwrap().iter().find(|view| view["name"] == name).unwrap()
}

#[tokio::test]
async fn status_names_who_holds_a_view_and_so_do_health_figures_and_the_api() {
    let place = Place::new().await;
    let office = place.service_with(|settings| settings.limits.projectors.stuck_after = STUCK_AFTER).await;
    let desk = &office.desk;
    desk.exam().await;
    place.views_caught_up().await;
    let well = run_at(&place, &["status"]).await;
    assert!(well.status.success(), "{}{}", stdout(&well), stderr(&well));
    let said = stdout(&well);
    assert!(said.starts_with("ledger  head 4  epoch "), "{said}");
    assert!(said.contains("copy_locks") && said.contains("leading") && !said.contains("next"), "{said}");

    let mut session = PgConnection::connect_with(&place.database.connect_options()).await.unwrap();
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut session).await.unwrap();
    sqlx::query("BEGIN").execute(&mut session).await.unwrap();
    sqlx::query("LOCK TABLE exams_v2").execute(&mut session).await.unwrap();
    desk.post(&desk.admin, "/api/exams", json!({"code": "HELD"})).await.body(201);
    let unready = seen("the process says that it is not ready", async || {
        let said = desk.get(&desk.admin, "/api/health/ready").await;
        (said.status == 503).then_some(said)
    })
    .await;
    let detail = unready.body(503)["checks"][2]["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("exams has stood still for 0 s, at position 4 of 5"), "{detail}");
    let figures = desk.metrics().await;
    assert!(figures.of("projection_stuck_seconds{projection=\"exams\"}") > 0.2);
    assert_eq!(figures.of("projection_stopped{projection=\"exams\"}"), 0.0);
    assert_eq!(figures.of("projection_stuck_seconds{projection=\"copies\"}"), 0.0);

    let held = seen("status names the holder", async || {
        let status = run_at(&place, &[&["status"], SOON.as_slice()].concat()).await;
        stdout(&status).contains("held by").then_some(status)
    })
    .await;
    assert_eq!(held.status.code(), Some(1), "a view needs an operator");
    let said = stdout(&held);
    for told in [
        "exams has stood still at position 4 for ".to_owned(),
        "waits on Lock: relation".to_owned(),
        format!("held by    pid {pid}, user "),
        "LOCK TABLE exams_v2".to_owned(),
        format!("SELECT pg_terminate_backend({pid})"),
    ] {
        assert!(said.contains(&told), "{told} is not in\n{said}");
    }
    let json = run_at(&place, &[&["status", "--json"], SOON.as_slice()].concat()).await;
    let json: Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!(view(&json, "exams")["state"], "stuck");
    assert_eq!(view(&json, "exams")["hold"]["holders"][0]["query"], "LOCK TABLE exams_v2");
    assert_eq!(view(&json, "copies")["state"], "leading");

    // Over HTTP, what others ask the database is for administrators.
    for (person, query) in [(&desk.admin, json!("LOCK TABLE exams_v2")), (&desk.grader, json!(null))] {
        let said = desk.get(person, "/api/projections").await.body(200);
        let holder = &view(&said, "exams")["hold"]["holders"][0];
        assert_eq!((&holder["pid"], &holder["query"]), (&json!(pid), &query));
    }
    session.close().await.unwrap();
    place.views_caught_up().await;
    assert_eq!(desk.get(&desk.admin, "/api/health/ready").await.status, 200);
    office.stop().await;
}

#[tokio::test]
async fn status_says_when_nobody_leads_and_what_to_do_about_another_schema() {
    let place = Place::new().await;
    let office = place.service().await;
    office.desk.exam().await;
    place.views_caught_up().await;
    office.stop().await;
    let idle = run_at(&place, &["status"]).await;
    assert!(idle.status.success() && stdout(&idle).contains("NO LEADER"), "{}", stdout(&idle));
    sqlx::query("UPDATE projections SET position = 0 WHERE name = 'exams'")
        .execute(place.pool())
        .await
        .unwrap();
    let behind = run_at(&place, &["status"]).await;
    assert_eq!(behind.status.code(), Some(1));
    assert!(
        stdout(&behind).contains("no process folds it: start `gradeledger serve`"),
        "{}",
        stdout(&behind)
    );
    let nowhere = run_at(&place, &["status", "--schema", "no_ledger"]).await;
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(stderr(&nowhere).contains("no ledger in this schema"), "{}", stderr(&nowhere));
}
