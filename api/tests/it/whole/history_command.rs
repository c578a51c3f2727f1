//! `gradeledger history`: what an auditor at a terminal reads, with the keys and without.

use std::process::Stdio;

use domain::CopyId;
use http::Method;
use serde_json::{Value, json};

use super::place::{PROGRAM, Place};
use super::process::{environment, program, run, run_at, stderr, stdout};
use crate::routes::world::an_annotation;

/// A graded copy with an annotation that was removed, and no service any more.
async fn graded(place: &Place) -> CopyId {
    let office = place.service().await;
    let desk = &office.desk;
    let held = desk.held(desk.exam().await, "A-1", 2).await;
    let added = desk.mark(&held, Method::POST, "/annotations", an_annotation()).await.body(201);
    let path = format!("/annotations/{}?revision=1", added["id"].as_str().unwrap());
    desk.mark(&held, Method::DELETE, &path, json!({})).await;
    desk.score(&held, "1", json!(7.5)).await;
    desk.finalise(&held).await;
    office.stop().await;
    held.copy
}

#[tokio::test]
async fn a_history_is_one_line_an_event_and_the_copy_as_it_stands() {
    let place = Place::new().await;
    let copy = graded(&place).await;
    let told = run_at(&place, &["history", &copy.to_string()]).await;
    assert!(told.status.success(), "{}", stderr(&told));
    let (page, said) = (stdout(&told), stderr(&told));
    let lines: Vec<&str> = page.lines().collect();
    let line =
        |words: &str| *lines.iter().find(|line| line.contains(words)).unwrap_or_else(|| panic!("{page}"));
    assert!(
        line("Annotation 1 on page 1 removed (ERROR, -0.25 points, question 1): “Il manque")
            .contains("grader …")
    );
    assert!(line("Question 1: none → 7.5 points").contains(" 7.5  Question"));
    assert!(line("Graded: 7.5 points, final PDF of 2 pages").contains("system …"));
    assert!(line("  status ").ends_with("GRADED"));
    assert!(line("  outcome ").contains("7.5 points, final PDF SHA-256 "));
    assert_eq!(said, "");

    let then = stdout(&run_at(&place, &["history", &copy.to_string(), "--at", "5"]).await);
    assert!(then.contains("   1. page 1: ERROR -0.25, question 1, “Il manque une étape"), "{then}");
    assert!(!then.contains("Graded:"), "{then}");
    let diff = stdout(&run_at(&place, &["history", &copy.to_string(), "--diff", "4", "6"]).await);
    assert!(diff.contains("Nothing stands otherwise than it stood.\n"), "{diff}");
    assert!(
        diff.contains("Annotation 1 on page 1 added") && diff.contains("Annotation 1 on page 1 removed"),
        "{diff}"
    );
}

#[tokio::test]
async fn the_ledger_alone_tells_the_history_with_its_texts_sealed() {
    let place = Place::new().await;
    let copy = graded(&place).await.to_string();
    let mut alone = program(PROGRAM);
    alone.args(["history", &copy, "--json"]).env("DATABASE_URL", place.database.url());
    let told = run(alone).await;
    assert!(told.status.success(), "{}", stderr(&told));
    let document: Value = serde_json::from_str(&stdout(&told)).unwrap();
    let acts = document["acts"].as_array().unwrap();
    assert!(acts[4]["words"].as_str().unwrap().ends_with("“[sealed]”"), "{}", acts[4]);
    assert_eq!((&document["copy"]["status"], &document["events"]), (&json!("GRADED"), &json!(acts.len())));
    assert!(stderr(&told).contains("KEYS_URL"), "{}", stderr(&told));

    // A key store that cannot be reached costs the texts and nothing else.
    let mut down = program(PROGRAM);
    down.args(["history", &copy]).envs(environment(&place)).env("KEYS_URL", "postgres://127.0.0.1:1/none");
    let told = run(down).await;
    assert!(told.status.success() && stdout(&told).contains("“[sealed]”"), "{}", stderr(&told));
    assert!(stderr(&told).starts_with("texts stay sealed: "), "{}", stderr(&told));
}

#[tokio::test]
async fn a_history_that_cannot_be_told_says_what_to_ask_for() {
    let place = Place::new().await;
    let copy = graded(&place).await.to_string();
    let refused = async |arguments: &[&str]| {
        let output = run_at(&place, arguments).await;
        assert!(!output.status.success(), "{}", stdout(&output));
        stderr(&output)
    };
    assert!(refused(&["history", &copy, "--at", "99"]).await.contains("ask for 1 to "));
    assert!(refused(&["history", &copy, "--at", "soon"]).await.contains("2026-05-18T08:30:00Z"));
    assert!(refused(&["history", &copy, "--at-position", "1"]).await.contains("ask for then or later"));
    assert!(refused(&["history", &copy, "--diff", "3", "2"]).await.contains("runs backwards"));
    let nobody = uuid::Uuid::now_v7().to_string();
    assert!(refused(&["history", &nobody]).await.contains("there is no such copy"));
}

#[tokio::test]
async fn a_reader_that_has_seen_enough_ends_the_command_without_an_error() {
    let place = Place::new().await;
    let copy = graded(&place).await;
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut piped = program(PROGRAM);
    piped
        .args(["history", &copy.to_string()])
        .envs(environment(&place))
        .stdout(writer)
        .stderr(Stdio::piped());
    let ended = piped.spawn().unwrap().wait_with_output();
    let ended = tokio::time::timeout(super::PATIENCE, ended).await.unwrap().unwrap();
    assert_eq!((ended.status.code(), stderr(&ended).as_str()), (Some(0), ""));
}
