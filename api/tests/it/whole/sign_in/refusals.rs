//! What is let in, and what is not.

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::super::place::Place;
use super::issuer::{Signer, base64url, claims, now, with};
use super::office::SignedIn;
use crate::routes::world::Said;

const INVALID: &str = "the token is not valid: unknown, revoked, or past its end";

#[tokio::test]
async fn each_algorithm_of_the_list_is_let_in_and_a_person_is_one_actor_whatever_key_signs() {
    let place = Place::new().await;
    let office = SignedIn::at(&place).await;
    let signers = [Signer::rsa("r"), Signer::ec("e"), Signer::ed("o")];
    office.issuer.has(&signers.iter().collect::<Vec<_>>());
    for signer in &signers {
        let token = signer.token(&claims("anna", "admin"));
        assert_eq!(office.status(&token).await, 200, "{}", signer.algorithm());
        let created = office.ask(&token, http::Method::POST, "/api/exams").json(&json!({"code": "M"}));
        assert_eq!(crate::routes::world::heard(created).await.status, 201);
    }
    let actors: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT metadata->>'actor_id' FROM events WHERE event_type = 'ExamCreated'",
    )
    .fetch_all(place.pool())
    .await
    .unwrap();
    assert_eq!(actors.len(), 1, "{actors:?}");
    assert_eq!(office.sign_ins().await, 1);
    office.running.stop().await;
}

/// A token whose header claims an HMAC under what everybody can read.
fn under_public_key(signer: &Signer, secret: &[u8]) -> String {
    let header = json!({"alg": "HS256", "kid": signer.kid, "typ": "JWT"});
    let message =
        format!("{}.{}", base64url(header.to_string()), base64url(claims("eve", "admin").to_string()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    format!("{message}.{}", base64url(tag.as_ref()))
}

/// A token of somebody in the role of a grader, whose claims were changed to an admin's after it was signed.
fn tampered(signer: &Signer) -> String {
    let token = signer.token(&claims("anna", "grader"));
    let parts: Vec<&str> = token.split('.').collect();
    format!("{}.{}.{}", parts[0], base64url(claims("anna", "admin").to_string()), parts[2])
}

/// Headers that lead away from the issuer's keys, or to no access.
fn headers(rsa: &Signer, stranger: &Signer) -> Vec<(&'static str, String, &'static str)> {
    let good = claims("eve", "admin");
    let header = |name: &str, value: Value| {
        let mut header = stranger.header();
        header[name] = value;
        header
    };
    let named = |kid: Value| with(rsa.header(), "kid", kid);
    vec![
        ("its own key", stranger.sign(&header("jwk", stranger.jwk()), &good), "header"),
        (
            "where its key is",
            stranger.sign(&header("jku", json!("https://eve.example/jwks")), &good),
            "header",
        ),
        (
            "where its certificate is",
            stranger.sign(&header("x5u", json!("https://eve.example/c")), &good),
            "header",
        ),
        ("its certificate", stranger.sign(&header("x5c", json!(["MIIB"])), &good), "header"),
        ("what must be understood", rsa.sign(&with(rsa.header(), "crit", json!(["b64"])), &good), "header"),
        ("a token to sign out", rsa.sign(&with(rsa.header(), "typ", json!("logout+jwt")), &good), "type"),
        (
            "another algorithm of the key",
            rsa.sign(&with(rsa.header(), "alg", json!("RS512")), &good),
            "algorithm",
        ),
        (
            "an algorithm that is no text",
            rsa.sign(&with(rsa.header(), "alg", json!(["RS256"])), &good),
            "algorithm",
        ),
        ("no algorithm", rsa.sign(&with(rsa.header(), "alg", Value::Null), &good), "algorithm"),
        ("an unknown key", rsa.sign(&named(json!("nobody's")), &good), "unknown_key"),
        ("a name of a key that is none", rsa.sign(&named(json!(7)), &good), "malformed"),
        ("no name among several keys", rsa.sign(&named(Value::Null), &good), "no_key_named"),
        ("the name of a key of another type", rsa.sign(&named(json!("e")), &good), "key_type"),
        (
            "the name of another key",
            stranger.sign(&with(stranger.header(), "kid", json!("o")), &good),
            "signature",
        ),
    ]
}

/// Claims that are not for this service now.
fn wrong_claims(signer: &Signer) -> Vec<(&'static str, String, &'static str)> {
    let with = |name: &str, value: Value| signer.token(&with(claims("eve", "admin"), name, value));
    vec![
        ("another issuer", with("iss", json!("https://eve.example")), "issuer"),
        ("the issuer with a slash more", with("iss", json!(format!("{}/", super::issuer::ISSUER))), "issuer"),
        ("issuers, ours among them", with("iss", json!([super::issuer::ISSUER, "x"])), "issuer"),
        ("no issuer", with("iss", Value::Null), "claims"),
        ("another audience", with("aud", json!("payroll")), "audience"),
        ("no audience", with("aud", Value::Null), "claims"),
        ("an audience that ours begins with", with("aud", json!("gradeledge")), "audience"),
        ("past its end", with("exp", json!(now() - 3_600)), "expired"),
        ("no end", with("exp", Value::Null), "claims"),
        ("an end that is no number", with("exp", json!("tomorrow")), "claims"),
        ("not valid yet", with("nbf", json!(now() + 3_600)), "not_yet_valid"),
        ("a beginning that is no number", with("nbf", json!("today")), "claims"),
        ("nobody", with("sub", Value::Null), "claims"),
        ("an empty name", with("sub", json!("")), "claims"),
        ("a name that is too long", with("sub", json!("x".repeat(256))), "claims"),
        ("too long a token", with("padding", json!("x".repeat(8_192))), "too_long"),
    ]
}

/// Texts that are signed by nobody.
fn unsigned(rsa: &Signer) -> Vec<(&'static str, String, &'static str)> {
    let body = base64url(claims("eve", "admin").to_string());
    let none = |alg: &str| format!("{}.{body}.", base64url(json!({"alg": alg, "typ": "JWT"}).to_string()));
    let token = rsa.token(&claims("eve", "admin"));
    let (unsigned, _) = token.rsplit_once('.').unwrap();
    let modulus = rsa.jwk()["n"].as_str().unwrap().to_owned();
    vec![
        ("alg none", none("none"), "algorithm"),
        ("alg nOnE", none("nOnE"), "algorithm"),
        ("HS256 under the public key", under_public_key(rsa, modulus.as_bytes()), "algorithm"),
        ("HS256 under the key set", under_public_key(rsa, rsa.jwk().to_string().as_bytes()), "algorithm"),
        ("HS256 under nothing", under_public_key(rsa, b""), "algorithm"),
        ("no signature", format!("{unsigned}."), "signature"),
        ("a changed claim", tampered(rsa), "signature"),
        ("no base64", "a!.b!.c!".to_owned(), "malformed"),
        ("no JSON", format!("{}.{body}.AAAA", base64url("{")), "malformed"),
        ("empty parts", "..".to_owned(), "malformed"),
    ]
}

#[tokio::test]
async fn what_is_not_the_issuers_for_this_service_and_of_now_is_refused_with_401_and_counted_by_why() {
    let place = Place::new().await;
    let office = SignedIn::at(&place).await;
    let (rsa, ec, ed) = (Signer::rsa("r"), Signer::ec("e"), Signer::ed("o"));
    let (other, stranger) = (Signer::rsa("r2"), Signer::ed("stranger"));
    office.issuer.has(&[&rsa, &ec, &ed, &other]);
    assert_eq!(office.status(&rsa.token(&claims("anna", "auditor"))).await, 200);
    let cases = [headers(&rsa, &stranger), wrong_claims(&rsa), wrong_claims(&ec), unsigned(&rsa)].concat();
    for (what, token, reason) in cases {
        let before = office.refused(reason).await;
        let said = office.get(&token, super::office::OPEN_TO_ALL).await;
        assert_eq!(office.refused(reason).await, before + 1.0, "{what} is not counted as {reason}");
        told_no_more(what, reason, &said);
    }
    assert_eq!(office.sign_ins().await, 1, "whoever is refused becomes nobody");
    office.running.stop().await;
}

/// RFC 6750, section 3.1; and no word of which check failed but for those that help who means well.
fn told_no_more(what: &str, reason: &str, said: &Said) {
    let body = said.refused(401, "unauthorised");
    assert_eq!(
        said.header("www-authenticate"),
        "Bearer realm=\"gradeledger\", error=\"invalid_token\"",
        "{what}"
    );
    let expected = match reason {
        "expired" => "the token is past its end; sign in again",
        "not_yet_valid" => "the token is not valid yet",
        "issuer" | "audience" => "the token is not for this service",
        _ => INVALID,
    };
    assert_eq!(body["detail"], expected, "{what}");
}

/// What was not signed by a key of the issuer is told nothing of its claims.
#[tokio::test]
async fn a_forger_does_not_learn_what_the_claims_would_come_to() {
    let place = Place::new().await;
    let office = SignedIn::at(&place).await;
    let forger = Signer::ed("first");
    for (name, value) in [("exp", json!(1)), ("nbf", json!(now() + 3_600)), ("aud", json!("payroll"))] {
        let forged = forger.token(&with(claims("eve", "admin"), name, value));
        told_no_more(name, "signature", &office.get(&forged, super::office::OPEN_TO_ALL).await);
    }
    office.running.stop().await;
}

#[tokio::test]
async fn clocks_may_differ_by_the_leeway_and_no_more() {
    let place = Place::new().await;
    let office = SignedIn::at(&place).await;
    let status = async |name: &str, at: u64| {
        office.status(&office.signer.token(&with(claims("anna", "auditor"), name, json!(at)))).await
    };
    // 30 s are let pass; no test takes ten more.
    assert_eq!((status("exp", now() - 15).await, status("exp", now() - 31).await), (200, 401));
    assert_eq!((status("nbf", now() + 15).await, status("nbf", now() + 60).await), (200, 401));
    office.running.stop().await;
}

#[tokio::test]
async fn a_service_without_an_issuer_takes_its_own_tokens_alone() {
    let place = Place::new().await;
    let running = place.service().await;
    let token = Signer::ed("first").token(&claims("anna", "admin"));
    let request = running.desk.bare(http::Method::GET, super::office::OPEN_TO_ALL).bearer_auth(token);
    told_no_more("no issuer", "no_issuer", &crate::routes::world::heard(request).await);
    assert_eq!(running.desk.get(&running.desk.admin, super::office::OPEN_TO_ALL).await.status, 200);
    running.stop().await;
}

#[tokio::test]
async fn tokens_that_have_ended_are_no_guesses_however_many_come_from_one_address() {
    let place = Place::new().await;
    let office = SignedIn::with(&place, |service| service.limits.http.failed_sign_ins = 2).await;
    let ended = office.signer.token(&with(claims("anna", "auditor"), "exp", json!(now() - 600)));
    for _ in 0..10 {
        let body = office.get(&ended, super::office::OPEN_TO_ALL).await.refused(401, "unauthorised");
        assert!(body["detail"].as_str().unwrap().contains("sign in again"), "{body}");
    }
    let forged = Signer::ed("nobody's").token(&claims("anna", "auditor"));
    let said = [office.status(&forged).await, office.status(&forged).await, office.status(&forged).await];
    assert_eq!(said, [401, 401, 429]);
    assert_eq!(office.status(&ended).await, 401);
    office.running.stop().await;
}
