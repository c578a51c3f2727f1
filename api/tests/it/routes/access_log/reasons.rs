//! Why texts were opened: sealed, and read back by those who read the log.

use std::time::Duration;

use domain::Role;
use gradeledger::access_log::{Access, AccessFilter, AccessLog, AccessLogLimits, Outcome, Said};
use gradeledger::app::Step;
use gradeledger::metrics::Metrics;
use gradeledger::vault::{KeyStore, MasterKey, Rotation, VaultOwner};
use http::Method;
use projections::views::PageSize;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::super::world::{World, heard, person};
use super::{asked, because, rows};

const REASON: &str = "complaint 14 of Ms Quartermain";
/// What an annotation of a copy of this world says.
const TEXT: &str = "Il manque une étape";

/// Rows of every table of a database, as text; bytes as hexadecimal digits.
async fn everything(pool: &PgPool) -> String {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    assert!(tables.len() > 4, "{tables:?}");
    let mut all = String::new();
    for table in tables {
        let rows: Vec<String> =
            sqlx::query_scalar(&format!("SELECT t::text FROM {table} AS t")).fetch_all(pool).await.unwrap();
        all.push_str(&rows.join("\n"));
    }
    all
}

fn hexadecimal(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_text_is_opened_for_a_reason_which_is_read_back_and_stands_in_clear_nowhere() {
    let world = World::new().await;
    let copy = world.graded().await;
    let path = format!("/api/copies/{copy}/annotations");
    let sealed = world.get(&world.auditor, &path).await;
    assert!(!String::from_utf8_lossy(&sealed.bytes).contains(TEXT));
    let opened = because(&world, &world.auditor, &path, REASON).await;
    assert!(String::from_utf8_lossy(&opened.body(200).to_string().into_bytes()).contains(TEXT));
    // As browsers have to send what is not of Latin-1.
    let encoded = because(&world, &world.auditor, &path, "UTF-8''Beschwerde%20%E2%84%96%2014").await;
    assert!(encoded.body(200).to_string().contains(TEXT));
    for reader in [&world.admin, &world.auditor] {
        let log = world.get(reader, &format!("/api/access-log?copy_id={copy}")).await.body(200);
        let told: Vec<&Value> = log["items"].as_array().unwrap().iter().map(|item| &item["reason"]).collect();
        assert!(told.contains(&&json!(REASON)), "{log:#}");
        assert!(told.contains(&&json!("Beschwerde № 14")), "{log:#}");
    }
    for pool in [world.database.pool(), &world.keys] {
        let all = everything(pool).await;
        assert!(!all.contains(REASON) && !all.contains(&hexadecimal(REASON)), "{all}");
    }
}

#[tokio::test]
async fn a_reason_opens_one_copy_to_those_who_may_open_texts_and_is_refused_elsewhere() {
    let world = World::new().await;
    let copy = world.graded().await;
    let path = format!("/api/copies/{copy}/annotations");
    for who in [&world.grader, &world.clerk().await, &world.stranger().await] {
        let said = because(&world, who, &path, REASON).await;
        assert!(matches!(said.status, 403 | 404), "{said:?}");
        assert!(!String::from_utf8_lossy(&said.bytes).contains(TEXT));
    }
    because(&world, &world.grader, &path, REASON).await.refused(403, "reason_opens_nothing");
    for path in ["/api/copies", "/api/projections", "/api/subjects", "/api/events"] {
        because(&world, &world.auditor, path, REASON).await.refused(400, "reason_without_copy");
    }
    for malformed in [
        "no",
        "UTF-8''%zz%20why",
        "UTF-8''%ff%ff%ff%ff",
        "UTF-8''a%0Ab%0Ac",
        // Not seen, or not a word, or turned around.
        "UTF-8''%E2%80%8B%E2%80%8B%E2%80%8B",
        "UTF-8''%E3%85%A4%E3%85%A4%E3%85%A4",
        "... - ...",
        "UTF-8''because%E2%80%AE%20of",
    ] {
        because(&world, &world.auditor, &path, malformed).await.refused(400, "invalid_header");
    }
    let twice = world.ask(&world.auditor, Method::GET, &path);
    let twice = twice.header("x-access-reason", REASON).header("x-access-reason", REASON);
    heard(twice).await.refused(400, "invalid_header");
    let post = world.ask(&world.admin, Method::POST, &format!("/api/copies/{copy}/void"));
    let post = post.header("x-access-reason", REASON).json(&json!({"reason": "no copy"}));
    heard(post).await.refused(400, "reason_without_copy");
    // An admin sees texts without one; a reason that they give is kept.
    because(&world, &world.admin, &path, REASON).await.body(200);
    // What could not be shown was asked for all the same.
    let absent = format!("/api/copies/{}/annotations", uuid::Uuid::now_v7());
    because(&world, &world.auditor, &absent, REASON).await.refused(404, "not_found");
    let with_reasons: Vec<_> = rows(&world).await.into_iter().filter(|row| row.reason.is_some()).collect();
    let told: Vec<_> = with_reasons.iter().map(|row| (&*row.outcome, row.status)).collect();
    assert_eq!(told, [("shown", Some(200)), ("failed", Some(404))]);
    let (said, request) =
        asked(&world, &world.auditor, Method::GET, &format!("/api/copies/{copy}/final-pdf")).await;
    said.refused(403, "reason_required");
    assert_eq!(super::rows_of(&world, &request).await[0].outcome, "refused");
}

/// The reason for reading a copy may name the person whose copy it is.
#[tokio::test]
async fn reasons_on_a_copy_of_somebody_who_is_erased_are_erased_and_that_it_was_read_is_not() {
    let world = World::new().await;
    let (theirs, other) = (world.graded().await, world.graded().await);
    let subject = world.subject("Zoë Quartermain").await;
    world
        .post(&world.admin, &format!("/api/copies/{theirs}/identify"), json!({"subject_id": subject}))
        .await
        .body(200);
    for copy in [theirs, other] {
        because(&world, &world.auditor, &format!("/api/copies/{copy}/annotations"), REASON).await.body(200);
    }
    // Of whom nothing was erased, no reason can be taken away.
    world.app.access_log.erase_reasons(VaultOwner::Copy(theirs)).await.unwrap();
    let reason = async |copy| {
        let log = world.get(&world.admin, &format!("/api/access-log?copy_id={copy}")).await.body(200);
        let rows: Vec<Value> = log["items"].as_array().unwrap().clone();
        rows.into_iter().find(|row| !row["reason"].is_null()).unwrap()["reason"].clone()
    };
    assert_eq!(reason(theirs).await, REASON);
    let second = person(&world.keys, Role::Admin, "Adele").await;
    let erasure = format!("/api/subjects/{subject}/erasure");
    world.post(&world.admin, &erasure, json!({"reason": "asked for it"})).await.body(200);
    world.post(&second, &format!("{erasure}/approve"), json!({})).await.body(200);
    let step = world.app.erase_subject(subject, "erasure-1", Duration::ZERO).await.unwrap();
    assert!(matches!(step, Step::Done(_)), "{step:?}");
    assert_eq!(reason(theirs).await, "[erased]");
    assert_eq!(reason(other).await, REASON);
}

#[tokio::test]
async fn reasons_are_readable_under_another_master_key() {
    let database = fixtures::database::TestDatabase::new().await;
    let pool = PgPool::connect_with(database.keys_connect_options()).await.unwrap();
    let (old, new) = (MasterKey::random().unwrap(), MasterKey::random().unwrap());
    let log = async |master: &MasterKey| {
        let keys = KeyStore::open(database.keys_connect_options(), master).await.unwrap();
        AccessLog::new(pool.clone(), keys, AccessLogLimits::default(), Metrics::new())
    };
    let before = log(&old).await;
    let (actor, request_id) = (domain::ActorId(uuid::Uuid::now_v7()), "a-request");
    let reason = before.seal(Said { actor, request_id, copy: None }, REASON).await.unwrap();
    let many = Access::of_many(Some((actor, Role::Admin)), Outcome::Pruned, 7);
    let row = Access { request_id: Some(request_id.to_owned()), reason: Some(reason), ..many };
    before.commit(row.clone()).await.unwrap();
    // In the row of another request it does not open.
    before.commit(Access { request_id: Some("another".to_owned()), ..row }).await.unwrap();
    let rotation = Rotation { old: &old, new: &new, batch: 1 };
    rotation.run(database.keys_connect_options(), &mut |_| {}).await.unwrap();
    let read = log(&new).await.read(AccessFilter::default(), None, PageSize::DEFAULT).await.unwrap();
    let told: Vec<_> = read.items.iter().map(|row| row.reason.as_deref().unwrap()).collect();
    assert_eq!(told, ["[damaged]", REASON]);
}
