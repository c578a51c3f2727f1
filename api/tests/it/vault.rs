//! Sealed texts, their keys, and the tokens that are derived beside them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use domain::copy::{CopyAction, ShownLock};
use domain::{CopyId, LockId};
use fixtures::database::TestDatabase;
use gradeledger::vault::{
    KeyStore, MasterKey, MasterKeyError, Opened, Purpose, ServerKeys, Vault, VaultError, VaultOwner,
};
use uuid::Uuid;

use crate::office::{Office, a_scan, act};

const TEXT: &str = "Élève à revoir — bon raisonnement, calcul faux. Ελληνικά";

async fn keys(database: &TestDatabase, master: &MasterKey) -> KeyStore {
    KeyStore::open(database.keys_connect_options(), master).await.unwrap()
}

/// An office with a vault, and a copy whose import carried a sealed text.
async fn sealed(text: &str) -> (Office, Vault, domain::Commitment, CopyId) {
    let office = Office::open().await;
    let store = keys(&office.database, &MasterKey::random().unwrap()).await;
    let vault = Vault::new(office.pool().clone(), store);
    let (copy, action) = a_scan();
    let sealed = vault.seal(VaultOwner::Copy(copy), Purpose::Identity, text).await.unwrap();
    let CopyAction::RequestImport { exam, anonymous_id, source, source_bytes, .. } = action else {
        unreachable!()
    };
    let filename = Some(sealed.commitment);
    let action = CopyAction::RequestImport { exam, anonymous_id, source, source_bytes, filename };
    act(&office.ledger, office.actor, copy, action, None, vec![sealed.row]).await.unwrap();
    (office, vault, sealed.commitment, copy)
}

#[tokio::test]
async fn a_sealed_text_opens_to_what_was_written() {
    let (_office, vault, commitment, _) = sealed(TEXT).await;
    let opened = vault.open(&[commitment]).await.unwrap();
    assert_eq!(opened[&commitment].shown(), TEXT);
    assert_eq!(format!("{:?}", opened[&commitment]), "Text([secret])");
}

#[tokio::test]
async fn no_table_of_the_ledger_or_of_the_keys_holds_the_text() {
    let (office, _vault, _, _) = sealed(TEXT).await;
    let keys = sqlx::PgPool::connect_with(office.database.keys_connect_options()).await.unwrap();
    let hexadecimal: String = TEXT.bytes().map(|byte| format!("{byte:02x}")).collect();
    for (pool, tables) in
        [(office.pool(), &["events", "vault", "commands"][..]), (&keys, &["data_keys", "master_key"][..])]
    {
        for table in tables {
            let rows: Vec<String> =
                sqlx::query_scalar(&format!("SELECT t::text FROM {table} t")).fetch_all(pool).await.unwrap();
            assert!(!rows.is_empty(), "{table}");
            assert!(rows.iter().all(|row| !row.contains(TEXT) && !row.contains(&hexadecimal)), "{table}");
        }
    }
}

#[tokio::test]
async fn the_same_text_is_sealed_to_another_commitment_each_time() {
    let (_office, vault, commitment, copy) = sealed(TEXT).await;
    let again = vault.seal(VaultOwner::Copy(copy), Purpose::Identity, TEXT).await.unwrap();
    assert_ne!(again.commitment, commitment);
}

#[tokio::test]
async fn what_a_refused_command_sealed_is_not_kept() {
    let (office, vault, _, copy) = sealed(TEXT).await;
    let reason = vault.seal(VaultOwner::Copy(copy), Purpose::Comments, "a reason").await.unwrap();
    let reopen = CopyAction::Reopen { reason: reason.commitment };
    act(&office.ledger, office.actor, copy, reopen, None, vec![reason.row]).await.unwrap_err();
    assert_eq!(office.count("vault").await, 1);
    assert_eq!(vault.open(&[reason.commitment]).await.unwrap()[&reason.commitment], Opened::Erased);
}

#[tokio::test]
async fn without_its_row_or_its_key_a_text_is_erased() {
    let (office, vault, commitment, _) = sealed(TEXT).await;
    let store = sqlx::PgPool::connect_with(office.database.keys_connect_options()).await.unwrap();
    sqlx::query("DELETE FROM data_keys").execute(&store).await.unwrap();
    // A process that has not used the key yet.
    let (other, other_vault, other_commitment, _) = sealed(TEXT).await;
    sqlx::query("DELETE FROM vault").execute(other.pool()).await.unwrap();
    assert_eq!(other_vault.open(&[other_commitment]).await.unwrap()[&other_commitment], Opened::Erased);
    let fresh = Vault::new(office.pool().clone(), reopened(&office, &vault).await);
    let opened = fresh.open(&[commitment]).await.unwrap();
    assert_eq!((&opened[&commitment], opened[&commitment].shown()), (&Opened::Erased, "[erased]"));
}

/// The same key store, as another process sees it: without what the first one has cached.
async fn reopened(office: &Office, _vault: &Vault) -> KeyStore {
    let store = sqlx::PgPool::connect_with(office.database.keys_connect_options()).await.unwrap();
    sqlx::raw_sql("DELETE FROM master_key; DELETE FROM service_keys").execute(&store).await.unwrap();
    keys(&office.database, &MasterKey::random().unwrap()).await
}

#[tokio::test]
async fn a_changed_or_moved_ciphertext_does_not_open() {
    let damages = [
        "UPDATE vault SET sealed = set_byte(sealed, 60, get_byte(sealed, 60) # 1)",
        "UPDATE vault SET sealed = set_byte(sealed, 0, get_byte(sealed, 0) # 1)",
        "UPDATE vault SET sealed = substr(sealed, 1, 10)",
        "UPDATE vault SET purpose = 'comments'",
        "UPDATE vault SET owner_id = gen_random_uuid()",
    ];
    for damage in damages {
        let (office, vault, commitment, _) = sealed(TEXT).await;
        sqlx::query("ALTER TABLE vault DISABLE TRIGGER USER").execute(office.pool()).await.unwrap();
        sqlx::query(damage).execute(office.pool()).await.unwrap();
        let opened = vault.open(&[commitment]).await;
        assert!(matches!(opened, Err(VaultError::Damaged(at)) if at == commitment), "{damage}: {opened:?}");
    }
}

#[tokio::test]
async fn a_wrapped_key_that_was_changed_does_not_open() {
    let (office, _vault, _, copy) = sealed(TEXT).await;
    let store = sqlx::PgPool::connect_with(office.database.keys_connect_options()).await.unwrap();
    let master = MasterKey::random().unwrap();
    sqlx::raw_sql("DELETE FROM master_key; DELETE FROM service_keys").execute(&store).await.unwrap();
    let fresh = keys(&office.database, &master).await;
    let key = fresh.sealing_key(VaultOwner::Copy(copy), Purpose::Identity).await;
    assert!(matches!(key, Err(VaultError::DamagedKey(_))), "{key:?}");
}

#[tokio::test]
async fn a_store_takes_no_other_master_key_than_its_first() {
    let database = TestDatabase::new().await;
    let first = MasterKey::random().unwrap();
    keys(&database, &first).await;
    keys(&database, &first).await;
    let other = KeyStore::open(database.keys_connect_options(), &MasterKey::random().unwrap()).await;
    assert!(matches!(other, Err(VaultError::WrongMasterKey)), "{other:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_need_a_key_at_once_get_one_key() {
    let database = TestDatabase::new().await;
    let master = MasterKey::random().unwrap();
    let (a, b) = (keys(&database, &master).await, keys(&database, &master).await);
    let owner = VaultOwner::Copy(CopyId(Uuid::now_v7()));
    let (one, other) = tokio::join!(a.sealing_key(owner, Purpose::Scan), b.sealing_key(owner, Purpose::Scan));
    assert_eq!(one.unwrap().id(), other.unwrap().id());
}

#[test]
fn a_master_key_file_is_made_once_and_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    let made = MasterKey::read_or_make(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let again = MasterKey::read_or_make(&path).unwrap();
    let tokens = |master| ServerKeys::of(master).lock_tokens().issue(LockId(Uuid::nil()));
    assert_eq!(tokens(&made), tokens(&again));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(MasterKey::read(&path), Err(MasterKeyError::Readable { mode: 0o640, .. })));
    fs::write(&path, "not a key").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(MasterKey::read(&path), Err(MasterKeyError::NotAKey)));
}

#[test]
fn a_lock_token_is_read_back_and_a_forged_one_is_not() {
    let (keys, others) =
        (ServerKeys::of(&MasterKey::random().unwrap()), ServerKeys::of(&MasterKey::random().unwrap()));
    let lock = LockId(Uuid::now_v7());
    let token = keys.lock_tokens().issue(lock);
    assert_eq!(token, keys.lock_tokens().issue(lock), "a repeated request gets the same token");
    assert_eq!(keys.lock_tokens().read(&token), ShownLock::Of(lock));
    assert_eq!(others.lock_tokens().read(&token), ShownLock::Forged);
    let mut changed = token.clone().into_bytes();
    for at in 0..changed.len() {
        let was = std::mem::replace(&mut changed[at], if token.as_bytes()[at] == b'A' { b'B' } else { b'A' });
        assert_eq!(
            keys.lock_tokens().read(std::str::from_utf8(&changed).unwrap()),
            ShownLock::Forged,
            "{at}"
        );
        changed[at] = was;
    }
    for text in ["", "x", &token[1..], &format!("{token}A"), "é"] {
        assert_eq!(keys.lock_tokens().read(text), ShownLock::Forged, "{text}");
    }
}

#[test]
fn the_hmac_of_a_request_tells_path_from_body() {
    let keys = ServerKeys::of(&MasterKey::random().unwrap());
    let hmac = keys.body_hmac("POST /a", b"body");
    assert_eq!(hmac, keys.body_hmac("POST /a", b"body"));
    assert_ne!(hmac, keys.body_hmac("POST /ab", b"ody"));
    assert_ne!(hmac, keys.body_hmac("POST /a", b"bodY"));
}

#[tokio::test]
async fn an_owner_that_was_erased_gets_no_key_again() {
    let database = TestDatabase::new().await;
    let store = keys(&database, &MasterKey::random().unwrap()).await;
    let vault = Vault::new(database.pool().clone(), store.clone());
    let (copy, other) = (CopyId(Uuid::now_v7()), CopyId(Uuid::now_v7()));
    vault.seal(VaultOwner::Copy(copy), Purpose::Comments, TEXT).await.unwrap();
    store.erase(VaultOwner::Copy(copy)).await.unwrap();
    for purpose in [Purpose::Comments, Purpose::Identity, Purpose::Scan] {
        let refused = vault.seal(VaultOwner::Copy(copy), purpose, TEXT).await;
        assert!(matches!(refused, Err(VaultError::Erased)), "{purpose:?}");
    }
    assert!(!store.has_keys(VaultOwner::Copy(copy)).await.unwrap());
    vault.seal(VaultOwner::Copy(other), Purpose::Comments, TEXT).await.unwrap();
}
