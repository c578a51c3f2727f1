//! Services that run while the key store is moved.

use std::fs;

use domain::CopyId;
use domain::LockId;
use fixtures::database::TestDatabase;
use gradeledger::vault::{KeyStore, MasterKey, MasterKeys, Purpose, ServerKeys, VaultError, VaultOwner};
use uuid::Uuid;

use super::moved::Moving;
use crate::whole::desk::Desk;
use crate::whole::process::{Process, run, stderr, stdout};

#[tokio::test]
async fn a_service_with_both_keys_works_on_while_keys_are_moved_and_one_with_the_old_alone_stops_and_says_why()
 {
    let moving = Moving::new().await;
    let place = &moving.place;
    let both = Process::start(moving.with_both(&["serve"]), place.folder.path(), None).await;
    let old = Process::start(moving.with_old(&["serve", "--only", "api"]), place.folder.path(), None).await;
    let desk = Desk::open(&place.database, both.address).await;
    let at_old = Desk::open(&place.database, old.address).await;
    let exam = desk.exam().await;
    let first = desk.held(exam, "A-1", 1).await;
    let rotated = run(moving.rotation()).await;
    assert!(rotated.status.success(), "{}", stderr(&rotated));
    // The one with both makes keys under the new one, and opens what it knows and what it does not.
    let second = desk.held(exam, "A-2", 1).await;
    for held in [&first, &second] {
        let page = desk.get(&desk.auditor, &format!("/api/copies/{}/pages/0.png", held.copy)).await;
        assert_eq!(page.status, 200);
    }
    let shown = run(moving.with_new(&["keys", "show"])).await;
    assert!(shown.status.success() && !stdout(&shown).contains("damaged"), "{}", stdout(&shown));
    // The other meets a key that it cannot open.
    let page = at_old.get(&at_old.auditor, &format!("/api/copies/{}/pages/0.png", second.copy)).await;
    assert_eq!(page.status, 500);
    let (status, log) = old.ended().await;
    assert!(!status.success());
    assert!(
        log.contains("the key store was moved to another master key, which this process was not given"),
        "{log}"
    );
    assert!(both.interrupt().await.success());
    // As an operator ends it: the new key in the place of the old one.
    fs::rename(moving.new_key(), place.folder.path().join("master.key")).unwrap();
    let again = Process::start(moving.with_old(&["serve"]), place.folder.path(), None).await;
    assert!(again.interrupt().await.success());
}

fn a_copy() -> VaultOwner {
    VaultOwner::Copy(CopyId(Uuid::now_v7()))
}

#[tokio::test]
async fn from_the_beginning_of_a_rotation_no_key_is_made_under_the_old_master_key() {
    let database = TestDatabase::new().await;
    let (old, new) = (MasterKey::random().unwrap(), MasterKey::random().unwrap());
    let masters = MasterKeys::new(old.clone(), Some(new.clone()));
    let before = KeyStore::open(database.keys_connect_options(), &old).await.unwrap();
    let both = KeyStore::open(database.keys_connect_options(), &masters).await.unwrap();
    let (owner, other) = (a_copy(), a_copy());
    let known = before.sealing_key(owner, Purpose::Scan).await.unwrap();
    let keys = sqlx::PgPool::connect_with(database.keys_connect_options()).await.unwrap();
    // As a rotation does that was killed right after it began.
    let rotation = gradeledger::vault::Rotation { old: &old, new: &new, batch: 1 };
    let held = async {
        let mut held = keys.begin().await.unwrap();
        sqlx::query("SELECT FROM data_keys FOR UPDATE").execute(&mut *held).await.unwrap();
        held
    };
    let held = held.await;
    let short = database.keys_connect_options().options([("lock_timeout", "200ms")]);
    rotation.run(short, &mut |_| {}).await.unwrap_err();
    held.rollback().await.unwrap();
    let refused = before.sealing_key(other, Purpose::Scan).await;
    assert!(matches!(refused, Err(VaultError::MasterKeyMoved)), "{refused:?}");
    before.moved_away().await;
    // It goes on with what there is.
    assert_eq!(before.sealing_key(owner, Purpose::Scan).await.unwrap().id(), known.id());
    let made = both.sealing_key(other, Purpose::Scan).await.unwrap();
    let generation: i32 = sqlx::query_scalar("SELECT generation FROM data_keys WHERE key_id = $1")
        .bind(made.id())
        .fetch_one(&keys)
        .await
        .unwrap();
    assert_eq!(generation, 2);
    // One of an older version, which knows of no generations, is refused by the store itself.
    let older = "INSERT INTO data_keys (key_id, owner_id, owner_kind, purpose, wrapped)
                 VALUES (gen_random_uuid(), gen_random_uuid(), 'copy', 'scan', 'wrapped')";
    let refused = sqlx::query(older).execute(&keys).await.unwrap_err();
    assert_eq!(refused.as_database_error().unwrap().code().as_deref(), Some("55000"));
    for (masters, missing) in [(MasterKeys::from(&old), "new"), (MasterKeys::from(&new), "old")] {
        let refused = KeyStore::open(database.keys_connect_options(), &masters).await;
        let told = matches!(&refused, Err(VaultError::RotationUnderWay { missing: it }) if *it == missing);
        assert!(told, "{refused:?}");
    }
}

#[tokio::test]
async fn a_store_from_before_keeps_the_keys_that_were_derived_and_a_new_one_has_keys_that_no_master_key_gives()
 {
    let database = TestDatabase::new().await;
    let master = MasterKey::random().unwrap();
    let token = |keys: &ServerKeys| keys.lock_tokens().issue(LockId(Uuid::nil()));
    let derived = token(&ServerKeys::of(&master));
    let store = KeyStore::open(database.keys_connect_options(), &master).await.unwrap();
    let random = token(&store.server_keys().await.unwrap());
    assert_ne!(random, derived);
    let again = KeyStore::open(database.keys_connect_options(), &master).await.unwrap();
    assert_eq!(token(&again.server_keys().await.unwrap()), random);
    // As a store was that an older version made.
    let keys = sqlx::PgPool::connect_with(database.keys_connect_options()).await.unwrap();
    sqlx::query("DELETE FROM service_keys").execute(&keys).await.unwrap();
    let upgraded = KeyStore::open(database.keys_connect_options(), &master).await.unwrap();
    assert_eq!(token(&upgraded.server_keys().await.unwrap()), derived);
}

#[tokio::test]
async fn a_store_from_before_sign_ins_gets_a_key_for_them_also_while_it_is_moved_and_keeps_it() {
    let database = TestDatabase::new().await;
    let (old, new) = (MasterKey::random().unwrap(), MasterKey::random().unwrap());
    let masters = MasterKeys::new(old.clone(), Some(new.clone()));
    let lock = |keys: &ServerKeys| keys.lock_tokens().issue(LockId(Uuid::nil()));
    let name = |keys: &ServerKeys| keys.sign_ins().of_staff("https://sso.example", "anna");
    let open = async |masters: &MasterKeys| {
        let store = KeyStore::open(database.keys_connect_options(), masters).await.unwrap();
        store.server_keys().await.unwrap()
    };
    let keys = sqlx::PgPool::connect_with(database.keys_connect_options()).await.unwrap();
    let forget = async || {
        sqlx::query("DELETE FROM service_keys WHERE name = 'sign ins'").execute(&keys).await.unwrap()
    };
    let before = open(&MasterKeys::from(&old)).await;
    forget().await;
    let made = open(&MasterKeys::from(&old)).await;
    assert_eq!(lock(&made), lock(&before), "the other keys are what they were");
    assert_ne!(name(&made), name(&before));
    assert_ne!(name(&made), name(&ServerKeys::of(&old)), "no master key gives it");
    assert_eq!(name(&open(&MasterKeys::from(&old)).await), name(&made));
    // A rotation that an older version began, which knew of no such key.
    forget().await;
    let held = async {
        let mut held = keys.begin().await.unwrap();
        sqlx::query("SELECT FROM service_keys FOR UPDATE").execute(&mut *held).await.unwrap();
        held
    };
    let held = held.await;
    let rotation = gradeledger::vault::Rotation { old: &old, new: &new, batch: 1 };
    let short = database.keys_connect_options().options([("lock_timeout", "200ms")]);
    rotation.run(short, &mut |_| {}).await.unwrap_err();
    held.rollback().await.unwrap();
    forget().await;
    let moved = name(&open(&masters).await);
    rotation.run(database.keys_connect_options(), &mut |_| {}).await.unwrap();
    assert_eq!(name(&open(&MasterKeys::from(&new)).await), moved);
}
