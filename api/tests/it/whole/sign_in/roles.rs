//! In which role somebody comes, and whose results a student reads.

use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};

use super::super::place::Place;
use super::super::seen;
use super::issuer::{claims, with};
use super::office::{OPEN_TO_ALL, SignedIn};
use crate::routes::world::heard;

#[tokio::test]
async fn a_role_of_the_token_does_what_the_table_says_and_no_more() {
    let place = Place::new().await;
    let office = SignedIn::at(&place).await;
    for (role, creates, reads) in
        [("admin", 201, 200), ("grader", 403, 200), ("clerk", 403, 200), ("auditor", 403, 200)]
    {
        let token = office.token(&format!("a {role}"), role);
        let created = office.ask(&token, Method::POST, "/api/exams").json(&json!({"code": "M"}));
        assert_eq!(heard(created).await.status, creates, "{role}");
        assert_eq!(office.get(&token, "/api/exams").await.status, reads, "{role}");
    }
    let service =
        office.signer.token(&with(claims("exporter", "service"), "scope", json!("openid events:read")));
    assert_eq!(office.get(&service, "/api/events").await.status, 200);
    office.get(&service, "/api/exams").await.refused(403, "role_forbidden");
    office.running.stop().await;
}

#[tokio::test]
async fn whoever_signs_in_learns_as_whom_they_are_known_and_can_be_enrolled_as_that() {
    let place = Place::new().await;
    let office = SignedIn::at(&place).await;
    let anna = office.token("anna", "grader");
    let me = office.get(&anna, "/api/me").await.body(200);
    assert_eq!((&me["role"], &me["scopes"], &me["subject_id"]), (&json!("grader"), &json!([]), &Value::Null));
    assert_eq!(office.get(&anna, "/api/me").await.body(200), me, "the same each time");
    let exam = office.desk().exam().await;
    let exam_as_anna = format!("/api/exams/{exam}");
    assert_eq!(office.get(&anna, &exam_as_anna).await.status, 404);
    let enrolled = json!({"grader_id": me["actor_id"]});
    let path = format!("{exam_as_anna}/graders");
    office.desk().post(&office.desk().admin, &path, enrolled).await.body(200);
    assert_eq!(office.get(&anna, &exam_as_anna).await.status, 200);
    let service = office.signer.token(&with(
        claims("exporter", "service"),
        "scope",
        json!("openid export events:read"),
    ));
    let me = office.get(&service, "/api/me").await.body(200);
    assert_eq!(me["scopes"], json!(["events:read", "export"]));
    office.running.stop().await;
}

#[tokio::test]
async fn a_token_without_one_known_role_or_what_the_role_needs_is_told_so_with_403() {
    let place = Place::new().await;
    let office = SignedIn::at(&place).await;
    let role = |value: Value| with(claims("anna", ""), "gradeledger_role", value);
    let student = |value: Value| with(claims("anna", "student"), "gradeledger_subject", value);
    for (claims, code) in [
        (role(Value::Null), "no_role"),
        (role(json!("headmaster")), "no_role"),
        (role(json!("system")), "no_role"),
        (role(json!(["admin", "grader"])), "several_roles"),
        (claims("robot", "service"), "no_scope"),
        (with(claims("robot", "service"), "scope", json!("openid profile")), "no_scope"),
        (student(Value::Null), "no_subject"),
        (student(json!("x".repeat(256))), "no_subject"),
        (student(json!("S-4711")), "unknown_student"),
    ] {
        let before = office.refused(code).await;
        let body = office.get(&office.signer.token(&claims), OPEN_TO_ALL).await.refused(403, code);
        assert_eq!(office.refused(code).await, before + 1.0, "{code}");
        if code == "unknown_student" {
            assert!(body["detail"].as_str().unwrap().contains("ask the exam office"), "{body}");
        }
    }
    assert_eq!(office.sign_ins().await, 0, "whoever has no place here becomes nobody");
    office.running.stop().await;
}

#[tokio::test]
async fn a_role_can_stand_in_a_nested_claim_among_those_of_other_services() {
    let place = Place::new().await;
    let office = SignedIn::with(&place, |service| {
        service.oidc.as_mut().unwrap().claims.role = "realm_access.roles".to_owned();
    })
    .await;
    let mut said = claims("anna", "admin");
    said["realm_access"] = json!({"roles": ["offline_access", "auditor", "uma_authorization"]});
    let token = office.signer.token(&said);
    assert_eq!(office.get(&token, "/api/exams").await.status, 200);
    let created = office.ask(&token, Method::POST, "/api/exams").json(&json!({"code": "M"}));
    heard(created).await.refused(403, "role_forbidden");
    office.running.stop().await;
}

#[tokio::test]
async fn of_requests_that_come_first_at_the_same_time_one_actor_is_made() {
    let place = Place::new().await;
    let office = SignedIn::at(&place).await;
    // Tokens of one person, each another text.
    let tokens: Vec<String> = (0..24)
        .map(|number| office.signer.token(&with(claims("anna", "auditor"), "jti", json!(number))))
        .collect();
    let said = join_all(tokens.iter().map(|token| office.status(token))).await;
    assert!(said.iter().all(|status| *status == 200), "{said:?}");
    assert_eq!(office.sign_ins().await, 1);
    let nameless: i64 = sqlx::query_scalar("SELECT count(*) FROM actors WHERE name IS NULL")
        .fetch_one(&office.keys)
        .await
        .unwrap();
    assert_eq!(nameless, 1, "no actor was made for nothing");
    office.running.stop().await;
}

/// A student's own result, and the way of a reference from the office to it.
#[tokio::test]
async fn a_student_reads_their_own_results_and_nobody_elses_by_reference_and_by_subject() {
    let place = Place::new().await;
    let office = SignedIn::with(&place, |service| {
        service.limits.http.token_cache = std::time::Duration::from_millis(1);
    })
    .await;
    let desk = office.desk();
    let exam = desk.exam().await;
    let (anna, bob) = (office.register("Anna").await, office.register("Bob").await);
    let mut copies = Vec::new();
    for (number, subject) in [("A-1", &anna), ("A-2", &bob)] {
        let held = desk.held(exam, number, 1).await;
        desk.score(&held, "1", json!(4)).await;
        desk.finalise(&held).await;
        let path = format!("/api/copies/{}/identify", held.copy);
        desk.post(&desk.admin, &path, json!({"subject_id": subject})).await.body(200);
        copies.push(held.copy);
    }
    desk.post(&desk.admin, &format!("/api/exams/{exam}/release"), json!({})).await.body(200);
    place.views_caught_up().await;
    office.references(&anna, &["S-4711", "anna@school.example"]).await;
    let by_reference = office.student("anna", "S-4711");
    let by_mail = office.student("anna", "anna@school.example");
    let by_subject = office.student("anna", &anna);
    for token in [&by_reference, &by_mail, &by_subject] {
        assert_eq!(office.get(token, &format!("/api/results/{}", copies[0])).await.status, 200);
        assert_eq!(office.get(token, &format!("/api/results/{}", copies[1])).await.status, 404);
        let listed = office.get(token, "/api/results").await.body(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
        assert_eq!(office.get(token, "/api/copies").await.status, 403);
    }
    assert_eq!(office.sign_ins().await, 1);
    // The same person at work is another actor, and sees nothing of theirs as a student.
    assert_eq!(office.get(&office.token("anna", "auditor"), "/api/results").await.status, 403);
    assert_eq!(office.sign_ins().await, 2);
    // A reference that the office moves is the other subject's from then on.
    let taken = office.references(&bob, &["S-4711"]).await;
    taken.refused(422, "reference_taken");
    assert_eq!(office.references(&anna, &["anna@school.example"]).await.status, 204);
    assert_eq!(office.references(&bob, &["S-4711"]).await.status, 204);
    seen("the reference is Bob's", async || {
        let status = office.get(&by_reference, &format!("/api/results/{}", copies[1])).await.status;
        (status == 200).then_some(())
    })
    .await;
    assert_eq!(office.get(&by_reference, &format!("/api/results/{}", copies[0])).await.status, 404);
    office.running.stop().await;
}
