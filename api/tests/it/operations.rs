//! The stream of what operators do: appended, loaded and read back as any other.

use domain::operations::{NamedStream, Operations, OperationsCommand, OperationsError};
use domain::{Commitment, OperationsId, Role};
use fixtures::database::TestDatabase;
use gradeledger::ledger::{By, ExecuteError, Executed, Ledger, LedgerLimits, Order};
use gradeledger::vault::{KeyStore, MasterKey, Purpose, Vault, VaultOwner, VaultRow};
use uuid::Uuid;

use crate::office::someone;

fn stream() -> NamedStream {
    NamedStream { sort: "ExamCopy".parse().unwrap(), id: Uuid::from_u128(1) }
}

async fn park(
    ledger: &Ledger,
    reason: Commitment,
    vault: Vec<VaultRow>,
) -> Result<Executed<Operations>, ExecuteError<OperationsError>> {
    let by = By {
        actor: someone(),
        role: Role::Admin,
        request_id: "a-test".to_owned(),
        causation_id: None,
        traceparent: None,
    };
    let order = Order {
        by,
        idempotency: None,
        vault,
        command: &move |_| OperationsCommand::Park {
            view: "copies".parse().unwrap(),
            stream: stream(),
            from_position: 7,
            reason,
        },
        answer: &|_| serde_json::Value::Null,
    };
    ledger.execute::<Operations>(OperationsId::ONLY.0, order).await
}

#[tokio::test]
async fn an_operator_s_act_is_in_the_ledger_and_its_reason_in_the_vault() {
    let database = TestDatabase::new().await;
    let ledger = Ledger::open(database.pool().clone(), LedgerLimits::default()).await.unwrap();
    let keys = KeyStore::open(database.keys_connect_options(), &MasterKey::random().unwrap()).await.unwrap();
    let vault = Vault::new(database.pool().clone(), keys);
    let owner = VaultOwner::Operations(OperationsId::ONLY);
    let reason = vault.seal(owner, Purpose::Comments, "the fix comes on Monday").await.unwrap();
    let done = park(&ledger, reason.commitment, vec![reason.row]).await.unwrap();
    assert_eq!((done.first_position, done.state.parked.len()), (Some(1), 1));

    // Another process folds the same state, and refuses the same act.
    let other = Ledger::open(database.pool().clone(), LedgerLimits::default()).await.unwrap();
    let loaded = other.load::<Operations>(OperationsId::ONLY.0).await.unwrap();
    assert_eq!(loaded.state, done.state);
    let standing = loaded.state.parked(&"copies".parse().unwrap(), &stream()).unwrap();
    assert_eq!(
        vault.open(&[standing.reason]).await.unwrap()[&standing.reason].shown(),
        "the fix comes on Monday"
    );
    let refused = park(&other, reason.commitment, Vec::new()).await.unwrap_err();
    assert!(
        matches!(refused, ExecuteError::Refused { refusal: OperationsError::Parked { .. }, .. }),
        "{refused}"
    );
}
