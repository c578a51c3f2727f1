//! Law L15: what is recorded stays as it was recorded.

use cqrs_es::EventStore as _;
use cqrs_es::persist::PersistedEventStore;
use domain::copy::{CopyAction, CopyStatus, ExamCopy};
use postgres_es::PostgresEventRepository;
use sqlx::{Acquire as _, PgConnection};

use crate::office::{Office, events, score};

/// The SQLSTATE of `refuse_change`.
const RESTRICT_VIOLATION: &str = "23001";

async fn code_of(connection: &mut PgConnection, statement: &str) -> Option<String> {
    // In a savepoint, so that the next statement finds the transaction whole.
    let mut savepoint = connection.begin().await.unwrap();
    let refused = sqlx::query(statement).execute(&mut *savepoint).await.err();
    savepoint.rollback().await.unwrap();
    refused.and_then(|error| error.as_database_error().and_then(|error| error.code().map(Into::into)))
}

const ATTEMPTS: [&str; 13] = [
    "UPDATE events SET payload = '{}'",
    "UPDATE events SET position = position WHERE false",
    "DELETE FROM events WHERE position = 1",
    "TRUNCATE events",
    "TRUNCATE events CASCADE",
    "DELETE FROM ledger_head",
    "UPDATE ledger_epochs SET from_position = 2",
    "DELETE FROM ledger_epochs",
    "UPDATE commands SET answer = '{}'",
    "DELETE FROM commands",
    "TRUNCATE commands",
    "UPDATE vault SET sealed = ''",
    "TRUNCATE vault",
];

#[tokio::test]
async fn l15_no_update_delete_or_truncate_for_anyone() {
    let office = Office::open().await;
    let (copy, _) = office.locked().await;
    let before = events(office.pool(), copy).await;
    let mut transaction = office.pool().begin().await.unwrap();
    for role in ["origin", "replica"] {
        let setting = format!("SET LOCAL session_replication_role = {role}");
        sqlx::query(&setting).execute(&mut *transaction).await.unwrap();
        for attempt in ATTEMPTS {
            let code = code_of(&mut transaction, attempt).await;
            assert_eq!(code.as_deref(), Some(RESTRICT_VIOLATION), "{attempt} as {role}");
        }
    }
    transaction.rollback().await.unwrap();
    assert_eq!(events(office.pool(), copy).await, before);
}

/// The incident: a purge of copies cascaded into the audit trail.
#[tokio::test]
async fn l15_no_cascade_reaches_the_events() {
    let office = Office::open().await;
    office.import().await;
    let mut transaction = office.pool().begin().await.unwrap();
    for statement in [
        "CREATE TABLE papers (aggregate_id text PRIMARY KEY)",
        "INSERT INTO papers SELECT DISTINCT aggregate_id FROM events",
        "ALTER TABLE events ADD FOREIGN KEY (aggregate_id) REFERENCES papers ON DELETE CASCADE ON UPDATE CASCADE",
    ] {
        sqlx::query(statement).execute(&mut *transaction).await.unwrap();
    }
    for purge in ["DELETE FROM papers", "UPDATE papers SET aggregate_id = 'x'", "TRUNCATE papers CASCADE"] {
        assert_eq!(code_of(&mut transaction, purge).await.as_deref(), Some(RESTRICT_VIOLATION), "{purge}");
    }
}

/// An updated head row would leave a dead version with every append.
#[tokio::test]
async fn appends_never_update_the_row_that_they_lock() {
    let office = Office::open().await;
    let head = || async {
        let row: (String, String) = sqlx::query_as("SELECT ctid::text, xmin::text FROM ledger_head")
            .fetch_one(office.pool())
            .await
            .unwrap();
        row
    };
    let before = head().await;
    let (copy, shown) = office.locked().await;
    for hundredths in 1..20 {
        office.ask(copy, score(shown, hundredths)).await.unwrap();
    }
    assert_eq!(head().await, before);
}

#[tokio::test]
async fn stock_postgres_es_loads_a_copy() {
    let office = Office::open().await;
    let (copy, shown) = office.locked().await;
    office.ask(copy, score(shown, 1_250)).await.unwrap();
    office.ask(copy, CopyAction::Finalise { shown }).await.unwrap();
    let repository = PostgresEventRepository::new(office.pool().clone());
    let store = PersistedEventStore::<_, ExamCopy>::new_event_store(repository);
    let context = store.load_aggregate(&copy.to_string()).await.unwrap();
    assert_eq!(context.aggregate.state.status(), Some(CopyStatus::GradingInProgress));
    let ours = office.ledger.load::<ExamCopy>(copy.0).await.unwrap();
    assert_eq!(context.aggregate, *ours.state);
    let envelopes = store.load_events(&copy.to_string()).await.unwrap();
    assert_eq!(envelopes.len() as u64, ours.sequence);
    assert!(envelopes.iter().all(|envelope| envelope.metadata["actor_role"] == "admin"));
}
