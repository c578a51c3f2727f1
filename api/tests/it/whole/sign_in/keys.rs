//! The issuer's keys: they change, they go away, and nobody makes the service ask for them all the time.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use gradeledger::oidc::SignInLimits;
use serde_json::json;
use tokio::sync::Semaphore;

use super::super::place::Place;
use super::super::seen;
use super::issuer::{Answers, Issuer, Signer, claims, key_set, settings, with};
use super::office::SignedIn;

fn quick(limits: &mut SignInLimits) {
    limits.keys_age = Duration::from_millis(30);
    limits.keys_rest = Duration::from_millis(20);
}

#[tokio::test]
async fn keys_that_the_issuer_changes_are_followed_without_a_restart() {
    let place = Place::new().await;
    let office = SignedIn::with(&place, |service| quick(&mut service.limits.sign_in)).await;
    let (first, second) = (&office.signer, Signer::rsa("second"));
    assert_eq!(office.status(&first.token(&claims("anna", "auditor"))).await, 200);
    office.issuer.has(&[first, &second]);
    let new = second.token(&claims("anna", "auditor"));
    seen("the new key is known", async || (office.status(&new).await == 200).then_some(())).await;
    office.issuer.has(&[&second]);
    // Each a token of its own: one that was let in is not looked at again for two seconds.
    let mut number = 0;
    seen("the old key is forgotten", async || {
        number += 1;
        let old = first.token(&with(claims("anna", "auditor"), "jti", json!(number)));
        (office.status(&old).await == 401).then_some(())
    })
    .await;
    office.running.stop().await;
}

#[tokio::test]
async fn an_issuer_that_is_away_keeps_nobody_out_whose_key_is_known_until_its_keys_are_too_old() {
    let place = Place::new().await;
    let office = SignedIn::with(&place, |service| {
        quick(&mut service.limits.sign_in);
        service.limits.sign_in.keys_kept = Duration::from_secs(6);
        service.limits.http.token_cache = Duration::from_millis(1);
    })
    .await;
    let token = office.token("anna", "auditor");
    assert_eq!(office.status(&token).await, 200);
    office.issuer.answers(Answers::Away);
    let asked = office.issuer.asked();
    // Old enough to be read anew, in vain, and used on.
    seen("it was asked again", async || {
        let status = office.status(&token).await;
        assert_eq!(status, 200);
        (office.issuer.asked() > asked + 1).then_some(())
    })
    .await;
    let unknown = Signer::ed("nobody's").token(&claims("anna", "auditor"));
    assert_eq!(office.status(&unknown).await, 401);
    seen("the keys are too old", async || {
        let said = office.get(&token, super::office::OPEN_TO_ALL).await;
        (said.status != 200).then(|| {
            said.refused(503, "tokens_unavailable");
            assert_eq!(said.header("retry-after"), "2");
        })
    })
    .await;
    // The ledger's own tokens need no issuer.
    assert_eq!(office.desk().get(&office.desk().admin, super::office::OPEN_TO_ALL).await.status, 200);
    office.issuer.has(&[&office.signer]);
    seen("it is back", async || (office.status(&token).await == 200).then_some(())).await;
    office.running.stop().await;
}

#[tokio::test]
async fn a_flood_of_unknown_keys_asks_the_issuer_once() {
    let place = Place::new().await;
    let office = SignedIn::with(&place, |service| {
        service.limits.sign_in.keys_rest = Duration::from_secs(600);
    })
    .await;
    let stranger = Signer::ed("stranger");
    let forged = |number: usize| {
        let kid = json!(format!("forged {number}"));
        stranger.sign(&with(stranger.header(), "kid", kid), &claims("eve", "admin"))
    };
    let tokens: Vec<String> = (0..100).map(forged).collect();
    let said = join_all(tokens.iter().map(|token| office.status(token))).await;
    assert!(said.iter().all(|status| *status == 401), "{said:?}");
    assert_eq!(office.issuer.asked(), 1);
    assert_eq!(office.status(&office.token("anna", "auditor")).await, 200);
    for number in 100..120 {
        assert_eq!(office.status(&forged(number)).await, 401);
    }
    assert_eq!(office.issuer.asked(), 1);
    office.running.stop().await;
}

#[tokio::test]
async fn while_the_keys_are_read_a_bounded_number_waits_and_whose_key_is_known_does_not() {
    let place = Place::new().await;
    let office = SignedIn::with(&place, |service| {
        quick(&mut service.limits.sign_in);
        service.limits.sign_in.keys_waiting = 1;
        service.limits.sign_in.keys_read = Duration::from_secs(60);
        service.limits.http.token_cache = Duration::from_millis(1);
    })
    .await;
    let let_go = Arc::new(Semaphore::new(0));
    office.issuer.answers(Answers::Held(Arc::clone(&let_go), key_set(&[&office.signer])));
    let token = office.token("anna", "auditor");
    let waits = office.status(&token);
    let others = async {
        seen("the issuer was asked", async || (office.issuer.asked() == 1).then_some(())).await;
        for _ in 0..3 {
            let said = office.get(&office.token("bo", "auditor"), super::office::OPEN_TO_ALL).await;
            said.refused(503, "tokens_unavailable");
        }
        let_go.add_permits(1);
    };
    assert_eq!(tokio::join!(waits, others).0, 200);
    // Old by now or soon: it is read anew, and nobody who is known waits for that.
    seen("the issuer was asked again", async || {
        assert_eq!(office.status(&token).await, 200);
        (office.issuer.asked() == 2).then_some(())
    })
    .await;
    assert_eq!(office.status(&token).await, 200);
    assert_eq!(office.issuer.asked(), 2, "one read at a time");
    let_go.add_permits(1_000);
    office.running.stop().await;
}

#[tokio::test]
async fn what_is_no_bounded_set_of_keys_is_not_taken_and_what_was_known_stays() {
    let place = Place::new().await;
    let office = SignedIn::with(&place, |service| {
        quick(&mut service.limits.sign_in);
        service.limits.http.token_cache = Duration::from_millis(1);
    })
    .await;
    let elsewhere = Issuer::start(&[&office.signer]).await;
    let many: Vec<_> = (0..65).map(|_| office.signer.jwk()).collect();
    let padded = json!({"keys": [office.signer.jwk()], "padding": "x".repeat(262_144)});
    let answers = [
        Answers::Bytes(b"<html>not now</html>".to_vec()),
        Answers::Bytes(padded.to_string().into_bytes()),
        Answers::Keys(json!({"keys": many})),
        Answers::Keys(json!({"keys": []})),
        Answers::Keys(json!({"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "first", "alg": "HS256"}]})),
        Answers::Elsewhere(elsewhere.url()),
    ];
    let token = office.token("anna", "auditor");
    for answer in answers.clone() {
        office.issuer.answers(answer);
        let asked = office.issuer.asked();
        seen("it is asked in vain", async || {
            let said = office.get(&token, super::office::OPEN_TO_ALL).await;
            said.refused(503, "tokens_unavailable");
            (office.issuer.asked() > asked + 1).then_some(())
        })
        .await;
    }
    assert_eq!(elsewhere.asked(), 0, "no redirect is followed");
    office.issuer.has(&[&office.signer]);
    seen("it is well", async || (office.status(&token).await == 200).then_some(())).await;
    for answer in answers {
        office.issuer.answers(answer);
        let asked = office.issuer.asked();
        seen("it is asked in vain", async || {
            assert_eq!(office.status(&token).await, 200);
            (office.issuer.asked() > asked + 1).then_some(())
        })
        .await;
    }
    office.running.stop().await;
}

#[tokio::test]
async fn keys_that_are_for_something_else_are_left_out_and_the_others_are_used() {
    let place = Place::new().await;
    let office = SignedIn::at(&place).await;
    let (signer, encrypts, other) = (&office.signer, Signer::rsa("encrypts"), Signer::rsa("other"));
    let keys = json!({"keys": [
        {"kty": "EC", "crv": "P-521", "kid": "large", "x": "AA", "y": "AA"},
        {"kty": "new", "kid": "later"},
        with(encrypts.jwk(), "use", json!("enc")),
        with(other.jwk(), "alg", json!("PS256")),
        signer.jwk(),
    ]});
    office.issuer.answers(Answers::Keys(keys));
    assert_eq!(office.status(&signer.token(&claims("anna", "auditor"))).await, 200);
    for signer in [&encrypts, &other] {
        assert_eq!(office.status(&signer.token(&claims("anna", "auditor"))).await, 401, "{}", signer.kid);
    }
    // The only one for its algorithm needs no name.
    let header = with(signer.header(), "kid", serde_json::Value::Null);
    assert_eq!(office.status(&signer.sign(&header, &claims("bo", "auditor"))).await, 200);
    office.running.stop().await;
}

#[tokio::test]
async fn keys_can_be_in_a_file_which_is_read_anew() {
    let place = Place::new().await;
    let (first, second) = (Signer::ed("first"), Signer::ec("second"));
    let file = place.folder.path().join("jwks.json");
    let write = |signer: &Signer| std::fs::write(&file, json!({"keys": [signer.jwk()]}).to_string()).unwrap();
    write(&first);
    let oidc = settings(file.to_str().unwrap());
    let office = SignedIn::with(&place, |service| {
        quick(&mut service.limits.sign_in);
        service.oidc = Some(oidc);
    })
    .await;
    assert_eq!(office.status(&first.token(&claims("anna", "auditor"))).await, 200);
    write(&second);
    let new = second.token(&claims("anna", "auditor"));
    seen("the file is read anew", async || (office.status(&new).await == 200).then_some(())).await;
    assert_eq!(office.issuer.asked(), 0);
    office.running.stop().await;
}
