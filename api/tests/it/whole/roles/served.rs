//! The real service under the roles, with no URL of the owner's in its environment.

use http::Method;
use serde_json::json;

use super::hardened::Hardened;
use crate::routes::world::an_annotation;
use crate::whole::desk::Desk;
use crate::whole::erasure::{NAME, Office, QUICK, nothing_of};
use crate::whole::process::{Process, run, stderr, stdout, unfolded};

#[tokio::test]
async fn under_the_roles_a_copy_is_imported_marked_and_graded_and_views_are_rebuilt_repaired_and_verified() {
    let hardened = Hardened::new().await;
    let place = &hardened.place;
    let office = Process::start(hardened.command(&["serve"]), place.folder.path(), None).await;
    let desk = Desk::open(&place.database, office.address).await;
    let exam = desk.exam().await;
    let held = desk.held(exam, "A-1", 2).await;
    desk.mark(&held, Method::POST, "/annotations", an_annotation()).await.body(201);
    desk.score(&held, "1", json!(8.75)).await;
    desk.score(&held, "2", json!(2.5)).await;
    let graded = desk.finalise(&held).await;
    assert_eq!(graded["status"], "GRADED");
    assert!(!desk.trail(held.copy).await.is_empty());
    let rows = place.rows().await;

    let rebuilt = run(hardened.command(&["rebuild", "--all"])).await;
    assert!(rebuilt.status.success(), "{}", stderr(&rebuilt));
    assert_eq!(place.rows().await, rows);
    // The tables are new, and each role has its rights on them.
    let again = stdout(&hardened.harden().await);
    assert_eq!(again.matches("nothing to do").count(), 2, "{again}");

    hardened.owner("UPDATE copies_v2 SET total_hundredths = 1").await;
    let found = run(hardened.command(&["drift"])).await;
    assert_eq!(found.status.code(), Some(1), "{}", stderr(&found));
    let repaired = run(hardened.command(&["drift", "--repair"])).await;
    assert_eq!(place.rows().await, rows, "{}{}", stdout(&repaired), stderr(&repaired));
    for command in [&["verify"][..], &["drift"], &["status"], &["token", "list"]] {
        let output = run(hardened.command(command)).await;
        assert!(output.status.success(), "{command:?}: {}{}", stdout(&output), stderr(&output));
    }
    let doctor = unfolded(&stdout(&run(hardened.command(&["doctor"])).await));
    assert_eq!(doctor.matches("each may do what it needs and no more").count(), 2, "{doctor}");
    // The test's server flushes nothing.
    assert!(doctor.contains("1 FAILED") && doctor.contains("FAIL durability"), "{doctor}");
    let history = run(hardened.command(&["history", &held.copy.to_string()])).await;
    assert!(stdout(&history).contains("Il manque une étape"), "{}{}", stdout(&history), stderr(&history));
    // Each part under its own role.
    for part in ["writer", "projector", "reader"] {
        let sessions: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_stat_activity WHERE usename = $1")
            .bind(hardened.role(part))
            .fetch_one(place.pool())
            .await
            .unwrap();
        assert!(sessions > 0, "{part}");
    }
    assert!(office.interrupt().await.success());
    place.assert_sound().await;
}

#[tokio::test]
async fn under_the_roles_a_person_is_erased_from_both_databases_and_the_blobs() {
    let hardened = Hardened::new().await;
    let place = &hardened.place;
    let serve = [&["serve"], &QUICK[..]].concat();
    let server = Process::start(hardened.command(&serve), place.folder.path(), None).await;
    let office = Office::open(place, &server).await;
    let exam = office.desk.exam().await;
    let copy = office.graded(exam, "A-1").await;
    let subject = office.register(NAME).await;
    office.identify(copy, &subject).await;
    office.agree(&subject).await;
    office.erased(&subject).await;

    nothing_of(place, &office, copy).await;
    let keys: i64 = sqlx::query_scalar("SELECT count(*) FROM data_keys WHERE owner_id = ANY($1)")
        .bind([copy.0, subject.parse().unwrap()])
        .fetch_one(&office.keys)
        .await
        .unwrap();
    let texts: i64 = sqlx::query_scalar("SELECT count(*) FROM vault WHERE owner_id = ANY($1)")
        .bind([copy.0, subject.parse().unwrap()])
        .fetch_one(place.pool())
        .await
        .unwrap();
    assert_eq!((keys, texts), (0, 0));
    let scans = std::fs::read_dir(place.blobs().join(copy.to_string())).map_or(0, Iterator::count);
    assert_eq!(scans, 0);
    assert!(server.interrupt().await.success());
    place.assert_sound().await;
}
