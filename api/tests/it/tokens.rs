//! Tokens at rest.

use std::time::Duration;

use domain::access::Scopes;
use domain::{Role, SubjectId};
use fixtures::database::TestDatabase;
use gradeledger::limits::HttpLimits;
use gradeledger::tokens::{self, Rights, Token, TokenError, Tokens};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

async fn keys() -> (TestDatabase, PgPool) {
    let database = TestDatabase::new().await;
    let keys = PgPoolOptions::new().max_connections(4).connect_lazy_with(database.keys_connect_options());
    (database, keys)
}

#[tokio::test]
async fn no_table_holds_the_token_and_the_ledger_does_not_know_the_name() {
    let (database, keys) = keys().await;
    let (token, _) = tokens::create(&keys, Role::Grader, "Anna Müller", None).await.unwrap();
    let stored: String =
        sqlx::query_scalar("SELECT string_agg(tokens::text, '') FROM tokens").fetch_one(&keys).await.unwrap();
    let secret = &token.reveal()[4..47];
    assert!(!stored.contains(secret) && !stored.contains("Anna"));
    let in_ledger: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM information_schema.tables WHERE table_name IN ('tokens', 'actors')",
    )
    .fetch_one(database.pool())
    .await
    .unwrap();
    assert_eq!(in_ledger, 0);
}

#[tokio::test]
async fn a_second_token_of_a_name_acts_under_the_same_pseudonym_even_when_made_at_once() {
    let (_database, keys) = keys().await;
    let all = (0..8).map(|_| tokens::create(&keys, Role::Grader, "Anna Müller", None));
    let made: Vec<_> = futures::future::join_all(all).await.into_iter().map(Result::unwrap).collect();
    assert!(made.iter().all(|(_, actor)| *actor == made[0].1));
    let (_, other) = tokens::create(&keys, Role::Grader, "Bo", None).await.unwrap();
    assert_ne!(other, made[0].1);
    let known = Tokens::new(keys.clone(), &HttpLimits::default());
    for (token, actor) in &made {
        assert_eq!(known.actor(token).await.unwrap().map(|found| found.id), Some(*actor));
    }
    assert_eq!(tokens::list(&keys).await.unwrap().len(), 9);
}

#[tokio::test]
async fn a_valid_text_that_was_never_given_out_is_nobody() {
    let (_database, keys) = keys().await;
    let (other_database, elsewhere) = self::keys().await;
    let (token, _) = tokens::create(&elsewhere, Role::Admin, "Eve", None).await.unwrap();
    let token = Token::parse(token.reveal()).unwrap();
    let known = Tokens::new(keys, &HttpLimits::default());
    assert_eq!(known.actor(&token).await.unwrap(), None);
    drop(other_database);
}

#[tokio::test]
async fn names_roles_and_lives_that_make_no_sense_are_refused() {
    let (_database, keys) = keys().await;
    let create = |role, name, life| {
        let keys = keys.clone();
        async move { tokens::create(&keys, role, name, life).await.map(drop) }
    };
    let long = "x".repeat(201);
    for name in ["", "   ", long.as_str(), "forged\nline", "red\u{1b}[31m"] {
        assert!(matches!(create(Role::Grader, name, None).await, Err(TokenError::BadName)));
    }
    assert!(matches!(create(Role::System, "worker", None).await, Err(TokenError::BadRole)));
    for seconds in [0, 86_400 * 3_651] {
        let life = Some(Duration::from_secs(seconds));
        assert!(matches!(create(Role::Grader, "Bo", life).await, Err(TokenError::BadLife)));
    }
    assert_eq!(tokens::list(&keys).await.unwrap(), []);
}

/// Whoever made it while they were being erased, or brought it back from a backup.
#[tokio::test]
async fn a_token_of_a_student_whose_data_was_erased_opens_nothing_and_none_is_given() {
    let (_database, keys) = keys().await;
    let (erased, other) = (SubjectId(Uuid::now_v7()), SubjectId(Uuid::now_v7()));
    let known = Tokens::new(keys.clone(), &HttpLimits::default());
    let mut made = Vec::new();
    for (subject, name) in [(erased, "Anna"), (other, "Bo")] {
        let rights = Rights { role: Role::Student, scopes: Scopes::NONE, subject: Some(subject) };
        made.push(tokens::create(&keys, rights, name, None).await.unwrap().0);
    }
    sqlx::query("INSERT INTO erased_owners (owner_kind, owner_id) VALUES ('subject', $1)")
        .bind(erased.0)
        .execute(&keys)
        .await
        .unwrap();
    assert_eq!(known.actor(&made[0]).await.unwrap(), None);
    assert_eq!(known.actor(&made[1]).await.unwrap().unwrap().subject, Some(other));
    let given = tokens::give(&keys, erased, Duration::from_secs(60), 5).await;
    assert!(matches!(given, Err(TokenError::Erased)), "{given:?}");
}
