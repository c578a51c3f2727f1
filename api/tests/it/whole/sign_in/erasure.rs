//! Whoever is erased signs in no more, and nothing tells who they were.

use std::time::Duration;

use domain::Role;
use http::Method;
use serde_json::{Value, json};

use super::super::place::Place;
use super::super::seen;
use super::office::{OPEN_TO_ALL, SignedIn};
use crate::routes::world::person;

async fn count(office: &SignedIn<'_>, sql: &str, subject: &str) -> i64 {
    sqlx::query_scalar(sql)
        .bind(subject.parse::<uuid::Uuid>().unwrap())
        .fetch_one(&office.keys)
        .await
        .unwrap()
}

async fn left(office: &SignedIn<'_>, subject: &str) -> [i64; 3] {
    [
        count(office, "SELECT count(*) FROM sign_ins WHERE subject_id = $1", subject).await,
        count(office, "SELECT count(*) FROM subject_references WHERE subject_id = $1", subject).await,
        count(office, "SELECT count(*) FROM tokens WHERE subject_id = $1 AND revoked_at IS NULL", subject)
            .await,
    ]
}

async fn erase(office: &SignedIn<'_>, subject: &str) {
    let second = person(&office.keys, Role::Admin, "Adele").await;
    let path = format!("/api/subjects/{subject}/erasure");
    let asked = json!({"reason": "asked for it"});
    office.act(&office.desk().admin, Method::POST, &path, asked).await.body(200);
    office.act(&second, Method::POST, &format!("{path}/approve"), json!({})).await.body(200);
    seen("the subject is erased", async || {
        let path = format!("/api/subjects/{subject}");
        let told: Value = office.desk().get(&office.desk().admin, &path).await.body(200);
        (told["status"] == "erased").then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_erasure_takes_sign_ins_references_and_tokens_and_nobody_signs_in_as_them_again() {
    let place = Place::new().await;
    let office = SignedIn::with(&place, |service| {
        service.limits.http.token_cache = Duration::from_millis(1);
        service.limits.work.erasure_poll = Duration::from_millis(50);
        service.limits.work.erasure_settle = Duration::from_millis(200);
    })
    .await;
    let (anna, bob) = (office.register("Anna").await, office.register("Bob").await);
    for (subject, reference) in [(&anna, "S-1"), (&bob, "S-2")] {
        assert_eq!(office.references(subject, &[reference]).await.status, 204);
    }
    let path = format!("/api/subjects/{anna}/tokens");
    let given = office.act(&office.desk().admin, Method::POST, &path, json!({"life_seconds": 600})).await;
    let given = given.body(201)["token"].as_str().unwrap().to_owned();
    let (by_reference, by_subject) = (office.student("anna", "S-1"), office.student("anna", &anna));
    let (other, at_work) = (office.student("bob", "S-2"), office.token("anna", "auditor"));
    for token in [&given, &by_reference, &by_subject, &other, &at_work] {
        assert_eq!(office.status(token).await, 200);
    }
    let actor: uuid::Uuid = sqlx::query_scalar("SELECT actor_id FROM sign_ins WHERE subject_id = $1")
        .bind(anna.parse::<uuid::Uuid>().unwrap())
        .fetch_one(&office.keys)
        .await
        .unwrap();
    gradeledger::tokens::block(&office.keys, domain::ActorId(actor), "Anna wrote to us").await.unwrap();
    assert_eq!(left(&office, &anna).await, [1, 1, 1]);

    erase(&office, &anna).await;
    assert_eq!(left(&office, &anna).await, [0, 0, 0]);
    assert_eq!(left(&office, &bob).await, [1, 1, 0]);
    let reasons: Vec<String> =
        sqlx::query_scalar("SELECT reason FROM blocked_actors").fetch_all(&office.keys).await.unwrap();
    assert_eq!(reasons, ["[erased]"]);
    seen("the token is ended", async || (office.status(&given).await == 401).then_some(())).await;
    for token in [&by_reference, &by_subject] {
        office.get(token, OPEN_TO_ALL).await.refused(403, "unknown_student");
    }
    assert_eq!(left(&office, &anna).await, [0, 0, 0], "whoever tried again is not kept");
    // What they do at work is another's business.
    for token in [&other, &at_work] {
        assert_eq!(office.status(token).await, 200);
    }
    let tokens = office.act(&office.desk().admin, Method::POST, &path, json!({"life_seconds": 600})).await;
    tokens.refused(410, "erased");
    office.references(&anna, &["S-1"]).await.refused(410, "erased");
    assert_eq!(left(&office, &anna).await, [0, 0, 0]);
    office.running.stop().await;
}

/// What a key store brings back that was restored from before.
#[tokio::test]
async fn sign_ins_that_come_back_with_a_restored_key_store_are_erased_again() {
    let place = Place::new().await;
    let quick = |service: &mut gradeledger::service::ServiceSettings| {
        service.limits.work.erasure_poll = Duration::from_millis(50);
        service.limits.work.erasure_settle = Duration::from_millis(200);
    };
    let office = SignedIn::with(&place, quick).await;
    let anna = office.register("Anna").await;
    assert_eq!(office.references(&anna, &["S-1"]).await.status, 204);
    let row = "SELECT reference_hmac FROM subject_references";
    let hmac: Vec<u8> = sqlx::query_scalar(row).fetch_one(&office.keys).await.unwrap();
    erase(&office, &anna).await;
    office.running.stop().await;
    let keys = super::office::keys(&place);
    sqlx::query("INSERT INTO subject_references (reference_hmac, subject_id) VALUES ($1, $2)")
        .bind(&hmac)
        .bind(anna.parse::<uuid::Uuid>().unwrap())
        .execute(&keys)
        .await
        .unwrap();
    // A worker holds erased subjects to the stores when it starts.
    let office = SignedIn::with(&place, quick).await;
    seen("it is erased again", async || (left(&office, &anna).await == [0, 0, 0]).then_some(())).await;
    office.running.stop().await;
}
