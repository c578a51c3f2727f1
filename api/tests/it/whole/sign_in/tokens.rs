//! Tokens that the office gives students over HTTP, and the references that it enters.

use http::Method;
use serde_json::{Value, json};

use super::super::place::Place;
use super::super::seen;
use super::office::{OPEN_TO_ALL, SignedIn};
use crate::routes::world::{Person, Said, person};
use domain::Role;

struct Office<'a>(SignedIn<'a>, Person);

impl Office<'_> {
    async fn give(&self, subject: &str, body: Value) -> Said {
        self.0.act(&self.1, Method::POST, &format!("/api/subjects/{subject}/tokens"), body).await
    }

    async fn revoke(&self, subject: &str) -> Said {
        let path = format!("/api/subjects/{subject}/tokens");
        self.0.desk().hear(self.0.desk().ask(&self.1, Method::DELETE, &path)).await
    }
}

async fn office(place: &Place) -> Office<'_> {
    let signed_in = SignedIn::with(place, |service| {
        service.limits.http.token_cache = std::time::Duration::from_millis(1);
    })
    .await;
    let clerk = person(&signed_in.keys, Role::Clerk, "Clara").await;
    Office(signed_in, clerk)
}

#[tokio::test]
async fn a_clerk_gives_a_student_a_token_that_opens_their_results_and_takes_all_of_them_back() {
    let place = Place::new().await;
    let office = office(&place).await;
    let anna = office.0.register("Anna").await;
    let said = office.give(&anna, json!({"life_seconds": 3_600})).await;
    assert_eq!(said.header("cache-control"), "no-store");
    let first = said.body(201);
    // A repeat is another token of the same student, whatever key it names: the first cannot be shown again.
    let second = office.give(&anna, json!({"life_seconds": 3_600})).await.body(201);
    assert_ne!(first["token"], second["token"]);
    assert_eq!(first["actor_id"], second["actor_id"]);
    let tokens = [&first, &second].map(|it| it["token"].as_str().unwrap().to_owned());
    for token in &tokens {
        assert_eq!(office.0.get(token, "/api/results").await.status, 200);
        assert_eq!(office.0.get(token, "/api/exams").await.status, 403);
    }
    assert_eq!(office.revoke(&anna).await.status, 204);
    for token in &tokens {
        seen("it is ended", async || (office.0.status(token).await == 401).then_some(())).await;
    }
    assert_eq!(office.revoke(&anna).await.status, 204, "a repeat ends nothing more");
    office.0.running.stop().await;
}

#[tokio::test]
async fn a_student_has_so_many_tokens_and_no_more_however_they_are_asked_for() {
    let place = Place::new().await;
    let office = office(&place).await;
    let anna = office.0.register("Anna").await;
    let asked = (0..12).map(|_| office.give(&anna, json!({"life_seconds": 60})));
    let said = futures::future::join_all(asked).await;
    let made = said.iter().filter(|said| said.status == 201).count();
    assert_eq!(made, 5, "{:?}", said.iter().map(|said| said.status).collect::<Vec<_>>());
    let refused = said.iter().find(|said| said.status != 201).unwrap();
    refused.refused(422, "too_many_tokens");
    let actors: i64 =
        sqlx::query_scalar("SELECT count(DISTINCT actor_id) FROM tokens WHERE subject_id IS NOT NULL")
            .fetch_one(&office.0.keys)
            .await
            .unwrap();
    assert_eq!(actors, 1);
    office.revoke(&anna).await;
    office.give(&anna, json!({"life_seconds": 60})).await.body(201);
    office.0.running.stop().await;
}

#[tokio::test]
async fn a_token_is_for_a_student_who_is_there_and_for_a_time_that_is_bounded() {
    let place = Place::new().await;
    let office = office(&place).await;
    let anna = office.0.register("Anna").await;
    for seconds in [0, 30 * 86_400 + 1] {
        office.give(&anna, json!({"life_seconds": seconds})).await.refused(400, "life_out_of_range");
    }
    for body in [json!({}), json!({"life_seconds": -1}), json!({"life_seconds": 60, "role": "admin"})] {
        assert_eq!(office.give(&anna, body).await.status, 400);
    }
    let nobody = uuid::Uuid::now_v7().to_string();
    office.give(&nobody, json!({"life_seconds": 60})).await.refused(404, "not_found");
    office.revoke(&nobody).await.refused(404, "not_found");
    assert_eq!(office.0.references(&nobody, &["S-1"]).await.status, 404);
    for who in [&office.0.desk().grader, &office.0.desk().auditor] {
        let path = format!("/api/subjects/{anna}/tokens");
        let said = office.0.act(who, Method::POST, &path, json!({"life_seconds": 60})).await;
        said.refused(403, "role_forbidden");
    }
    let nine: Vec<String> = (0..9).map(|number| format!("S-{number}")).collect();
    let nine: Vec<&str> = nine.iter().map(String::as_str).collect();
    office.0.references(&anna, &nine).await.refused(400, "too_many_references");
    assert_eq!(office.0.references(&anna, &["S-1", " S-1 ", "S-1"]).await.status, 204);
    assert_eq!(office.0.get(&office.0.student("anna", "S-1"), OPEN_TO_ALL).await.status, 200);
    office.0.running.stop().await;
}

#[tokio::test]
async fn a_reference_that_would_be_taken_for_a_subjects_id_is_not_entered() {
    let place = Place::new().await;
    let office = SignedIn::at(&place).await;
    let anna = office.register("Anna").await;
    let reference = uuid::Uuid::now_v7().to_string();
    office.references(&anna, &[&reference]).await.refused(422, "reference_is_an_id");
    office.running.stop().await;
}
