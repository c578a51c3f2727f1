//! Who was refused leaves a row as well, and no flood of them fills the log.

use std::time::Duration;

use domain::SubjectId;
use domain::access::Act;
use gradeledger::access_log::AccessLogLimits;
use http::Method;
use serde_json::json;
use uuid::Uuid;

use super::super::world::{Person, World};
use super::{asked, rows, rows_of, world};

#[tokio::test]
async fn a_refusal_of_each_route_leaves_one_row_and_shows_nothing() {
    let world =
        world(AccessLogLimits { refusals: 1_000, refusals_each: 1_000, ..AccessLogLimits::default() }).await;
    let student = world.student(SubjectId(Uuid::now_v7())).await;
    let id = Uuid::now_v7().to_string();
    let mut refused = 0;
    for route in &world.page {
        if matches!(route.act(), Act::Open | Act::Scrape | Act::ReadApi | Act::ReadOwnResults) {
            continue;
        }
        let words = route.template().split('/').map(|word| if word.starts_with('{') { &id } else { word });
        let path =
            words.collect::<Vec<_>>().join("/").replace(&format!("projections/{id}"), "projections/copies");
        let (said, request) = asked(&world, &student, route.method().clone(), &path).await;
        assert_eq!(said.status, 403, "{route:?}");
        let rows = rows_of(&world, &request).await;
        let [row] = &rows[..] else { panic!("{route:?}: {rows:?}") };
        assert_eq!((row.actor_id, row.role.as_deref()), (Some(student.id.0), Some("student")));
        assert_eq!(
            (row.act.as_deref(), row.route.as_deref()),
            (Some(&*route.act().to_string()), Some(route.template()))
        );
        assert_eq!(
            (&*row.outcome, row.status, row.code.as_deref()),
            ("refused", Some(403), Some("role_forbidden"))
        );
        refused += 1;
    }
    assert!(refused > 50, "{refused}");
}

#[tokio::test]
async fn what_is_not_ones_own_is_a_refusal_in_the_log_though_the_answer_does_not_tell() {
    let world = World::new().await;
    let copy = world.graded().await;
    let stranger = world.stranger().await;
    let (said, request) =
        asked(&world, &stranger, Method::GET, &format!("/api/copies/{copy}/annotations")).await;
    said.refused(404, "not_found");
    let rows = rows_of(&world, &request).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!((&*rows[0].outcome, rows[0].copy_id, rows[0].status), ("refused", Some(copy.0), Some(404)));
    let student = world.student(SubjectId(Uuid::now_v7())).await;
    let (said, request) = asked(&world, &student, Method::GET, &format!("/api/results/{copy}")).await;
    said.refused(404, "not_found");
    let of_student = rows_of(&world, &request).await;
    assert_eq!(of_student.len(), 1, "{of_student:?}");
    assert_eq!((&*of_student[0].outcome, of_student[0].copy_id), ("refused", Some(copy.0)));
    // What is not there for one who may read all is a mistyped id.
    let absent = format!("/api/copies/{}/annotations", Uuid::now_v7());
    let (said, request) = asked(&world, &world.admin, Method::GET, &absent).await;
    said.refused(404, "not_found");
    assert_eq!(rows_of(&world, &request).await, []);
}

#[tokio::test]
async fn a_token_that_is_none_leaves_a_row_of_nobody_and_no_token_leaves_none() {
    let world = World::new().await;
    let copy = world.graded().await;
    let path = format!("/api/copies/{copy}");
    let nobody = Person { id: world.admin.id, token: "glt_stolen".to_owned() };
    let (said, request) = asked(&world, &nobody, Method::GET, &path).await;
    said.refused(401, "unauthorised");
    let of_it = rows_of(&world, &request).await;
    assert_eq!(of_it.len(), 1, "{of_it:?}");
    assert_eq!((of_it[0].actor_id, &of_it[0].role, &*of_it[0].outcome), (None, &None, "refused"));
    assert_eq!(of_it[0].copy_id, Some(copy.0));
    let before = rows(&world).await.len();
    assert_eq!(world.bare(Method::GET, &path).await.status, 401);
    assert_eq!(rows(&world).await.len(), before);
    assert!(!format!("{:?}", rows(&world).await).contains("stolen"), "a token stands in no row");
}

#[tokio::test]
async fn a_flood_of_refusals_is_written_within_its_budget_and_counted_beyond_it() {
    let limits = AccessLogLimits {
        refusals: 5,
        refusals_every: Duration::from_secs(600),
        ..AccessLogLimits::default()
    };
    let world = world(limits).await;
    let nobody = Person { id: world.admin.id, token: "glt_none".to_owned() };
    for _ in 0..40 {
        let said = world.get(&nobody, "/api/copies").await;
        assert!([401, 429].contains(&said.status), "beyond a few it is not told any more: {}", said.status);
    }
    // Noise from outside hides nothing of what somebody with a token tries.
    world.post(&world.auditor, "/api/exams", json!({"code": "X"})).await.refused(403, "role_forbidden");
    let rows = rows(&world).await;
    let count = |outcome: &str, known: bool| {
        let some = rows.iter().filter(|row| row.outcome == outcome && row.actor_id.is_some() == known);
        some.map(|row| row.times).sum::<i64>()
    };
    assert_eq!((count("refused", false), count("left_out", false), count("refused", true)), (5, 35, 1));
    assert_eq!(world.figure("access_log_refusals_left_out_total{caller=\"nobody\"}"), 35);
    assert_eq!(world.figure("access_log_refusals_left_out_total{caller=\"known\"}"), 0);
}

#[tokio::test]
async fn what_one_caller_is_refused_hides_nothing_of_what_another_is() {
    let limits = AccessLogLimits { refusals: 6, refusals_each: 3, ..AccessLogLimits::default() };
    let world = world(limits).await;
    for _ in 0..10 {
        world.post(&world.auditor, "/api/exams", json!({"code": "X"})).await.refused(403, "role_forbidden");
    }
    world.post(&world.grader, "/api/exams", json!({"code": "X"})).await.refused(403, "role_forbidden");
    let rows = rows(&world).await;
    let of = |who: &Person| {
        rows.iter().filter(|row| row.actor_id == Some(who.id.0) && row.outcome == "refused").count()
    };
    assert_eq!((of(&world.auditor), of(&world.grader)), (3, 1));
}
