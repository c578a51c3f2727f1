//! Whoever is blocked is let in by nothing, and open streams end with what opened them.

use std::time::Duration;

use domain::Role;
use serde_json::json;

use super::super::place::Place;
use super::super::process::{run_at, stderr, stdout};
use super::super::seen;
use super::issuer::{ISSUER, claims, now, with};
use super::office::SignedIn;
use crate::follower::Follower;
use crate::routes::world::{Person, heard, person};

fn quick(service: &mut gradeledger::service::ServiceSettings) {
    service.limits.http.token_cache = Duration::from_millis(20);
    service.limits.feed.recheck = Duration::from_millis(50);
}

#[tokio::test]
async fn a_blocked_actor_is_refused_whatever_they_show_and_let_in_again_when_the_block_goes() {
    let place = Place::new().await;
    let office = SignedIn::with(&place, quick).await;
    let own = person(&office.keys, Role::Grader, "Greta").await;
    let of_issuer = office.token("greta", "grader");
    assert_eq!(office.status(&of_issuer).await, 200);
    let found = run_at(&place, &["actor", "find", "--oidc-issuer", ISSUER, "greta"]).await;
    assert!(found.status.success(), "{}", stderr(&found));
    let found = stdout(&found);
    let pseudonym = found.split_whitespace().next().unwrap();
    for (actor, token) in [("Greta", &own.token), (pseudonym, &of_issuer)] {
        let reason = "left the school\nin June";
        let blocked = run_at(&place, &["actor", "block", actor, "--reason", reason]).await;
        assert!(blocked.status.success(), "{}", stderr(&blocked));
        seen("they are kept out", async || (office.status(token).await == 401).then_some(())).await;
        let listed = stdout(&run_at(&place, &["actor", "list"]).await);
        assert!(listed.contains("left the school in June"), "{listed}");
        let unblocked = run_at(&place, &["actor", "unblock", actor]).await;
        assert!(unblocked.status.success(), "{}", stderr(&unblocked));
        seen("they are let in", async || (office.status(token).await == 200).then_some(())).await;
        let again = run_at(&place, &["actor", "unblock", actor]).await;
        assert!(stderr(&again).contains("is not blocked"), "{}", stderr(&again));
    }
    assert!(office.refused("blocked").await >= 1.0);
    for arguments in [&["actor", "block", "Nobody", "--reason", "x"][..], &["actor", "block", "Greta"]] {
        assert!(!run_at(&place, arguments).await.status.success(), "{arguments:?}");
    }
    office.running.stop().await;
}

#[tokio::test]
async fn a_stream_ends_with_the_token_that_opened_it_and_when_its_reader_is_blocked() {
    let place = Place::new().await;
    let office = SignedIn::with(&place, quick).await;
    office.desk().exam().await;
    let stream = |token: &str| office.ask(token, http::Method::GET, "/api/events/stream?type=CopyVoided");
    let mut blocked = Follower::open(stream(&office.token("greta", "auditor"))).await;
    // Let in by the leeway, which is over in a few seconds.
    let short = with(claims("anna", "auditor"), "exp", json!(now() - 26));
    let mut short = Follower::open(stream(&office.signer.token(&short))).await;
    let mut stays = Follower::open(stream(&office.token("bo", "auditor"))).await;
    for follower in [&mut blocked, &mut short, &mut stays] {
        follower.block().await.unwrap();
    }
    let found = run_at(&place, &["actor", "find", "--oidc-issuer", ISSUER, "greta"]).await;
    let pseudonym = stdout(&found).split_whitespace().next().unwrap().to_owned();
    run_at(&place, &["actor", "block", &pseudonym, "--reason", "left"]).await;
    for follower in [&mut blocked, &mut short] {
        let last = follower.dispatched().await.unwrap();
        assert_eq!((last.event.as_deref(), &last.json()["code"]), (Some("end"), &"unauthorised".into()));
    }
    let open = office.desk().metrics().await.of("event_streams_open");
    assert_eq!(open, 1.0, "the third goes on");
    drop(stays);
    office.running.stop().await;
}

#[tokio::test]
async fn a_block_keeps_whoever_it_names_from_nothing_else() {
    let place = Place::new().await;
    let office = SignedIn::with(&place, quick).await;
    let (one, other) = (
        person(&office.keys, Role::Grader, "Greta").await,
        person(&office.keys, Role::Grader, "Gustav").await,
    );
    gradeledger::tokens::block(&office.keys, one.id, "lost a bag of tokens").await.unwrap();
    let status =
        async |who: &Person| heard(office.desk().ask(who, http::Method::GET, "/api/exams")).await.status;
    seen("she is kept out", async || (status(&one).await == 401).then_some(())).await;
    assert_eq!(status(&other).await, 200);
    // A new token is theirs, too.
    let again = person(&office.keys, Role::Grader, "Greta").await;
    assert_eq!(status(&again).await, 401);
    office.running.stop().await;
}

#[tokio::test]
async fn a_student_who_is_blocked_by_one_of_their_pseudonyms_comes_by_none_of_them() {
    let place = Place::new().await;
    let office = SignedIn::with(&place, quick).await;
    let (anna, bob) = (office.register("Anna").await, office.register("Bob").await);
    for (subject, reference) in [(&anna, "S-1"), (&bob, "S-2")] {
        assert_eq!(office.references(subject, &[reference]).await.status, 204);
    }
    let made = run_at(&place, &["token", "create", "--role", "student", "--subject", &anna]).await;
    assert!(made.status.success(), "{}", stderr(&made));
    let own = stdout(&made).trim().to_owned();
    let (of_issuer, of_bob) = (office.student("anna", "S-1"), office.student("bob", "S-2"));
    for token in [&own, &of_issuer, &of_bob] {
        assert_eq!(office.get(token, "/api/results").await.status, 200);
    }
    let me = office.get(&own, "/api/me").await.body(200);
    let pseudonym = me["actor_id"].as_str().unwrap();
    let blocked = run_at(&place, &["actor", "block", pseudonym, "--reason", "lost the token"]).await;
    assert!(blocked.status.success(), "{}", stderr(&blocked));
    for token in [&own, &of_issuer, &office.student("anna's second account", "S-1")] {
        seen("they are kept out", async || {
            (office.get(token, "/api/results").await.status == 401).then_some(())
        })
        .await;
    }
    assert_eq!(office.get(&of_bob, "/api/results").await.status, 200);
    assert!(run_at(&place, &["actor", "unblock", pseudonym]).await.status.success());
    for token in [&own, &of_issuer] {
        seen("they are let in", async || {
            (office.get(token, "/api/results").await.status == 200).then_some(())
        })
        .await;
    }
    office.running.stop().await;
}
