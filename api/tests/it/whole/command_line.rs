//! What an operator types beside `serve`.

use domain::Digest;
use serde_json::json;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use super::desk::Desk;
use super::place::Place;
use super::process::{Process, run_at, stderr, stdout};
use crate::routes::world::{Person, heard};

fn keys(place: &Place) -> PgPool {
    PgPoolOptions::new().max_connections(2).connect_lazy_with(place.database.keys_connect_options())
}

#[tokio::test]
async fn a_token_is_printed_once_kept_as_its_sha256_and_ends_when_it_is_revoked() {
    let place = Place::new().await;
    let server = Process::serve(&place, None, &[]).await;
    let desk = Desk::open(&place.database, server.address).await;
    let create = ["token", "create", "--role", "grader", "--name", "Anna Müller", "--expires", "90d"];
    let made = run_at(&place, &create).await;
    assert!(made.status.success(), "{}", stderr(&made));
    let printed = stdout(&made);
    let token = printed.trim();
    assert_eq!(printed.lines().count(), 1);
    let stored: Vec<String> = sqlx::query_scalar("SELECT row_to_json(t)::text FROM tokens t")
        .fetch_all(&keys(&place))
        .await
        .unwrap();
    let sha256 = Digest::of(token.as_bytes()).to_string();
    assert!(stored.iter().any(|row| row.contains(&sha256)), "{stored:?}");
    assert!(stored.iter().all(|row| !row.contains(token)));

    let anna = Person { id: desk.grader.id, token: token.to_owned() };
    assert_eq!(desk.get(&anna, "/api/exams").await.status, 200);
    let listed = stdout(&run_at(&place, &["token", "list"]).await);
    assert!(!listed.contains(token), "{listed}");
    let line = listed.lines().find(|line| line.contains("Anna Müller")).unwrap();
    assert!(line.contains("grader"), "{line}");
    let id = line.split_whitespace().next().unwrap();
    assert!(run_at(&place, &["token", "revoke", id]).await.status.success());
    // A server may take a token for valid a moment longer than it is.
    super::seen("the token is refused", async || {
        (heard(desk.ask(&anna, http::Method::GET, "/api/exams")).await.status == 401).then_some(())
    })
    .await;
    let again = run_at(&place, &["token", "revoke", id]).await;
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("token list"));
    let wrong = run_at(&place, &["token", "create", "--role", "headmaster", "--name", "x"]).await;
    assert!(
        !wrong.status.success() && stderr(&wrong).contains("admin, grader, clerk, auditor, student, service"),
        "{}",
        stderr(&wrong)
    );
    // A service's token has a scope, and a student's a subject and a bounded life; one of another role has neither.
    let student = ["--role", "student", "--subject", "01a20b55-35fd-77cb-a850-f262689a9e88"];
    for (arguments, made) in [
        (&["--name", "x", "--role", "service"][..], false),
        (&["--name", "x", "--role", "service", "--scope", "events:read", "--scope", "export"], true),
        (&["--name", "x", "--role", "service", "--scope", "everything"], false),
        (&["--role", "student"], false),
        (&student, true),
        (&[&student[..], &["--name", "Anna"]].concat(), false),
        (&[&student[..], &["--expires", "7d"]].concat(), true),
        (&[&student[..], &["--expires", "31d"]].concat(), false),
        (&["--name", "x", "--role", "grader", "--scope", "export"], false),
        (&["--role", "clerk"], false),
        (&["--name", "x", "--role", "clerk"], true),
    ] {
        let command = [&["token", "create"], arguments].concat();
        let output = run_at(&place, &command).await;
        assert_eq!(output.status.success(), made, "{arguments:?}: {}", stderr(&output));
    }
}

#[tokio::test]
async fn verify_says_that_a_ledger_is_sound_and_names_the_first_position_that_was_tampered_with() {
    let place = Place::new().await;
    let office = place.service().await;
    let held = office.desk.held(office.desk.exam().await, "A-1", 1).await;
    office.desk.score(&held, "1", json!(4)).await;
    office.stop().await;
    let sound = run_at(&place, &["verify"]).await;
    assert!(sound.status.success(), "{}", stderr(&sound));
    assert!(stdout(&sound).contains("sound"), "{}", stdout(&sound));

    // What only the owner of the tables can do.
    let position: i64 = sqlx::query_scalar("SELECT position FROM events WHERE event_type = 'QuestionScored'")
        .fetch_one(place.pool())
        .await
        .unwrap();
    let mut owner = place.pool().begin().await.unwrap();
    for tamper in [
        "ALTER TABLE events DISABLE TRIGGER USER",
        "UPDATE events SET payload = replace(payload::text, '400', '900')::json WHERE event_type = 'QuestionScored'",
        "ALTER TABLE events ENABLE TRIGGER USER",
    ] {
        sqlx::query(tamper).execute(&mut *owner).await.unwrap();
    }
    owner.commit().await.unwrap();
    let broken = run_at(&place, &["verify"]).await;
    assert_eq!(broken.status.code(), Some(1));
    assert!(stdout(&broken).contains(&format!("position {position}")), "{}", stdout(&broken));
}

#[tokio::test]
async fn rebuilding_every_view_gives_the_same_rows() {
    let place = Place::new().await;
    let office = place.service().await;
    let desk = &office.desk;
    let exam = desk.exam().await;
    let held = desk.held(exam, "A-1", 2).await;
    desk.mark(&held, http::Method::POST, "/annotations", crate::routes::world::an_annotation())
        .await
        .body(201);
    desk.score(&held, "1", json!(4)).await;
    desk.finalise(&held).await;
    let bad = desk.send(exam, "A-2", fixtures::scans::damaged()).await;
    desk.import_ended(bad).await;
    desk.held(exam, "A-3", 1).await;
    let rows = place.rows().await;
    office.stop().await;
    let rebuilt = run_at(&place, &["rebuild", "--all"]).await;
    assert!(rebuilt.status.success(), "{}", stderr(&rebuilt));
    assert_eq!(place.rows().await, rows);
    let wrong = run_at(&place, &["rebuild", "marks"]).await;
    assert_eq!(wrong.status.code(), Some(2));
    assert!(stderr(&wrong).contains("there is no view marks"), "{}", stderr(&wrong));
    assert!(run_at(&place, &["migrate"]).await.status.success());
}
