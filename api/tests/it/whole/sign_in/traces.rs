//! Who signs in leaves a pseudonym and nothing else, and what cannot be configured is refused at the start.

use std::fs;

use serde_json::json;
use sqlx::{PgPool, Row as _};

use super::super::place::{PROGRAM, Place};
use super::super::process::{Process, environment, program, run, run_at, stderr};
use super::issuer::{AUDIENCE, ISSUER, Issuer, Signer, claims, now, with};
use super::office::{OPEN_TO_ALL, keys};
use crate::routes::world::heard;
use crate::whole::desk::Desk;

/// Every row of every table of a database, as text.
async fn rows(pool: &PgPool) -> String {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
         WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let mut all = String::new();
    for table in tables {
        let found = sqlx::query(&format!("SELECT t::text FROM {table} t")).fetch_all(pool).await.unwrap();
        all.extend(found.iter().map(|row| row.get::<String, _>(0)));
    }
    all
}

#[tokio::test]
async fn neither_names_at_the_issuer_nor_references_nor_tokens_are_found_in_logs_figures_or_either_database()
{
    const SUB: &str = "Q7MARKER-sub-of-anna";
    const REFERENCE: &str = "Q7MARKER-reference-of-anna";
    let place = Place::new().await;
    let (signer, stranger) = (Signer::rsa("first"), Signer::rsa("first"));
    let issuer = Issuer::start(&[&signer]).await;
    let logs = place.folder.path().join("logs");
    let url = issuer.url();
    let arguments =
        ["--log", "trace", "--oidc-issuer", ISSUER, "--oidc-audience", AUDIENCE, "--oidc-jwks", &url];
    let process = Process::serve_logging(&place, &logs, &arguments).await;
    let desk = Desk::open(&place.database, process.address).await;
    let subject = desk.post(&desk.admin, "/api/subjects", json!({"name": "Anna"})).await.body(201);
    let path = format!("/api/subjects/{}/references", subject["id"].as_str().unwrap());
    let entered = desk.ask(&desk.admin, http::Method::PUT, &path).json(&json!({"references": [REFERENCE]}));
    assert_eq!(heard(entered).await.status, 204);
    let path = format!("/api/subjects/{}/tokens", subject["id"].as_str().unwrap());
    let given = desk.post(&desk.admin, &path, json!({"life_seconds": 600})).await.body(201);
    let student = with(claims(SUB, "student"), "gradeledger_subject", json!(REFERENCE));
    let unknown =
        with(claims(SUB, "student"), "gradeledger_subject", json!(format!("{REFERENCE}-of-nobody")));
    let tokens = [
        (signer.token(&claims(SUB, "admin")), 200),
        (signer.token(&student), 200),
        (signer.token(&unknown), 403),
        (signer.token(&with(claims(SUB, "admin"), "exp", json!(now() - 3_600))), 401),
        (stranger.token(&claims(SUB, "admin")), 401),
        (given["token"].as_str().unwrap().to_owned(), 200),
    ];
    let mut traces = String::new();
    for (token, status) in &tokens {
        let said = heard(desk.bare(http::Method::GET, OPEN_TO_ALL).bearer_auth(token)).await;
        assert_eq!(said.status, *status);
        if *status != 200 {
            traces.push_str(&String::from_utf8(said.bytes).unwrap());
        }
    }
    let created = desk.bare(http::Method::POST, "/api/exams").bearer_auth(&tokens[0].0);
    assert_eq!(heard(created.json(&json!({"code": "M"}))).await.status, 201);
    traces.push_str(&desk.metrics().await.0);
    traces.push_str(&rows(place.pool()).await);
    traces.push_str(&rows(&keys(&place)).await);
    assert!(process.interrupt().await.success());
    for entry in fs::read_dir(&logs).unwrap() {
        traces.push_str(&String::from_utf8_lossy(&fs::read(entry.unwrap().path()).unwrap()));
    }
    assert!(traces.contains("a caller was not let in") && traces.contains("\"why\":\"expired\""));
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let signatures = tokens.iter().map(|(token, _)| token.rsplit('.').next().unwrap().to_owned());
    for secret in signatures.chain(["Q7MARKER".to_owned(), hex("Q7MARKER")]) {
        let at = traces.find(&secret);
        let around = at.map(|at| traces[at.saturating_sub(300)..].chars().take(700).collect::<String>());
        assert_eq!(around, None, "{secret} is found");
    }
}

#[tokio::test]
async fn half_a_configuration_keeps_the_service_from_starting_and_says_what_is_missing() {
    let place = Place::new().await;
    let refusal = async |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = program(PROGRAM);
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments).envs(environment(&place));
        command.envs(variables.iter().copied());
        let ended = run(command).await;
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        stderr(&ended)
    };
    let issuer = ("GRADELEDGER_OIDC_ISSUER", ISSUER);
    let said = refusal(&[issuer], &["--oidc-audience", AUDIENCE]).await;
    assert!(said.contains("not set: GRADELEDGER_OIDC_JWKS. Set all of them"), "{said}");
    let audience = ("GRADELEDGER_OIDC_AUDIENCE", AUDIENCE);
    let said = refusal(&[issuer, audience], &["--oidc-jwks", "http://sso.example/certs"]).await;
    assert!(said.contains("https:// URL"), "{said}");
    let said = refusal(&[issuer, audience], &["--oidc-jwks", "/nowhere/jwks.json"]).await;
    assert!(said.contains("/nowhere/jwks.json, which holds no keys"), "{said}");
    let whole = [issuer, audience, ("GRADELEDGER_OIDC_JWKS", "https://sso.example/certs")];
    let said = refusal(&whole, &["--limit", "sign_in.leeway=61s"]).await;
    assert!(said.contains("sign_in.leeway is at most 60 s"), "{said}");
    let listed = run_at(&place, &["limits"]).await;
    let listed = super::super::process::stdout(&listed);
    assert!(
        listed.contains("sign_in.keys_rest=10s") && listed.contains("sign_in.student_tokens=5"),
        "{listed}"
    );
}
