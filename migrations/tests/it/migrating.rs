//! Bringing a database to this build's version.

use std::time::Duration;

use fixtures::database::TestDatabase;
use migrations::{
    MigrationError, SchemaName, ServerError, SessionLimits, check_server, connect_options, migrate_keys,
    migrate_ledger,
};
use sqlx::postgres::PgConnectOptions;

use crate::support::ask;

/// An empty schema beside the migrated one, for what has to begin from nothing.
fn another_schema() -> SchemaName {
    "another_ledger".parse().unwrap()
}

fn plain(database: &TestDatabase) -> PgConnectOptions {
    database.url().parse().unwrap()
}

#[tokio::test]
async fn many_processes_may_migrate_at_once() {
    let database = TestDatabase::new().await;
    let (base, schema) = (plain(&database), another_schema());
    let runs: Vec<_> = (0..8)
        .map(|_| {
            let (base, schema) = (base.clone(), schema.clone());
            tokio::spawn(async move {
                migrate_ledger(&base, &schema).await?;
                migrate_keys(&base, &SchemaName::keys()).await
            })
        })
        .collect();
    for run in runs {
        run.await.unwrap().unwrap();
    }
    let keys = connect_options(base, &SchemaName::keys(), SessionLimits::default());
    assert_eq!(ask(keys, "SELECT count(*)::text FROM data_keys").await, "0");
}

#[tokio::test]
async fn everything_lands_in_the_schema_and_nothing_beside_it() {
    let database = TestDatabase::new().await;
    let elsewhere = "SELECT count(*)::text FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace \
                     WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'gradeledger')";
    assert_eq!(ask(database.connect_options(), elsewhere).await, "0");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let database = TestDatabase::new().await;
    let future = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                  VALUES (9999, 'of the future', true, '', 0)";
    sqlx::query(future).execute(database.pool()).await.unwrap();
    let refused = migrate_ledger(&plain(&database), &database.schema()).await.unwrap_err();
    assert!(matches!(refused, MigrationError::NewerDatabase { found: 9999, .. }), "{refused}");
    assert!(refused.to_string().contains("newer gradeledger"), "{refused}");
}

#[tokio::test]
async fn an_applied_migration_that_was_edited_is_refused() {
    let database = TestDatabase::new().await;
    let keys: PgConnectOptions = database.keys_url().parse().unwrap();
    let edit = "UPDATE _sqlx_migrations SET checksum = '\\x00' WHERE version = 1 RETURNING version::text";
    assert_eq!(ask(database.keys_connect_options(), edit).await, "1");
    let refused = migrate_keys(&keys, &database.keys_schema()).await.unwrap_err();
    assert!(matches!(refused, MigrationError::Changed { version: 1, .. }), "{refused}");
    // The refusal gave the lock back: the same answer comes at once, not after the wait for it.
    let schema = database.keys_schema();
    let again = tokio::time::timeout(Duration::from_secs(20), migrate_keys(&keys, &schema));
    assert!(matches!(again.await.unwrap(), Err(MigrationError::Changed { version: 1, .. })));
}

#[tokio::test]
async fn a_role_that_may_not_create_schemas_may_migrate_the_one_it_owns() {
    let database = TestDatabase::new().await;
    let role = format!("clerk_{}", database.connect_options().get_database().unwrap());
    for prepare in [
        format!("CREATE ROLE \"{role}\" LOGIN"),
        format!("CREATE SCHEMA another_ledger AUTHORIZATION \"{role}\""),
    ] {
        sqlx::query(&prepare).execute(database.pool()).await.unwrap();
    }
    let clerk = plain(&database).username(&role);
    migrate_keys(&clerk, &another_schema()).await.unwrap();
    let refused = migrate_keys(&clerk, &"third_ledger".parse().unwrap()).await.unwrap_err();
    assert!(matches!(refused, MigrationError::MayNotCreateSchema { .. }), "{refused}");
    for clean in [format!("DROP OWNED BY \"{role}\""), format!("DROP ROLE \"{role}\"")] {
        sqlx::query(&clean).execute(database.pool()).await.unwrap();
    }
}

#[tokio::test]
async fn a_session_of_a_ledger_has_its_schema_its_name_and_its_limits() {
    let database = TestDatabase::new().await;
    let limits = SessionLimits {
        statement_timeout: Duration::from_millis(1_500),
        idle_in_transaction_timeout: Duration::from_secs(3),
    };
    let options = connect_options(plain(&database), &database.schema(), limits);
    for (setting, value) in [
        ("search_path", "gradeledger"),
        ("application_name", "gradeledger"),
        ("statement_timeout", "1500ms"),
        ("idle_in_transaction_session_timeout", "3s"),
        ("TimeZone", "UTC"),
    ] {
        assert_eq!(ask(options.clone(), &format!("SHOW {setting}")).await, value, "{setting}");
    }
}

#[tokio::test]
async fn a_connection_that_drops_its_settings_is_found_out() {
    let database = TestDatabase::new().await;
    let refused = check_server(&plain(&database), &database.schema()).await.unwrap_err();
    assert!(matches!(&refused, ServerError::SettingsDropped { .. }), "{refused}");
    check_server(&database.connect_options(), &database.schema()).await.unwrap();
}

#[tokio::test]
async fn an_unreachable_server_is_named_without_its_password() {
    let nowhere: PgConnectOptions = "postgres://clerk:hush@127.0.0.1:1/ledger".parse().unwrap();
    let refused = check_server(&nowhere, &SchemaName::ledger()).await.unwrap_err().to_string();
    assert!(refused.contains("127.0.0.1:1 (database ledger)"), "{refused}");
    assert!(!refused.contains("hush"), "{refused}");
}
