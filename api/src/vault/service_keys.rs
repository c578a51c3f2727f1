//! The service's own keys in the key store, wrapped as data keys are.

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row as _};
use zeroize::Zeroizing;

use super::master_keys::Held;
use super::master_standing::{Standing, held_for};
use super::{MasterKeys, Sealing, ServerKeys, VaultError};

/// What the keys are for, which is what they are called.
const NAMES: [&str; 3] = ["command bodies", "lock tokens", SIGN_INS];

/// The key that came last: no store from before its time derived it from a master key, so that it is always drawn at random.
const SIGN_INS: &str = "sign ins";

/// Makes sure that the store has a master key and the service's keys. In a new store they are drawn at random; one from before
/// they were kept has them as they were derived from its first master key, so that what was given out stays good.
pub(super) async fn ensure(pool: &PgPool, masters: &MasterKeys) -> Result<(), VaultError> {
    let there = sqlx::query_scalar(include_str!("service_keys_there.sql")).bind(NAMES.as_slice());
    if there.fetch_one(pool).await? {
        return Ok(());
    }
    let first = Held::of(masters.current());
    let mut transaction = pool.begin().await?;
    let made = sqlx::query("INSERT INTO master_key (check_value) VALUES ($1) ON CONFLICT DO NOTHING")
        .bind(first.check.as_slice())
        .execute(&mut *transaction)
        .await?;
    let is_new = made.rows_affected() == 1;
    let standing = Standing::read(&mut *transaction).await?.ok_or(VaultError::NoMasterKey)?;
    if !standing.is_current(&first) {
        // Another key is refused by whoever opens the store; none is derived from it.
        return Ok(());
    }
    let held = masters.held();
    // While the store is being moved, what is missing is wrapped by the key that it is moved to.
    let Some((generation, master)) = standing.for_new(&held) else { return Ok(()) };
    let kept: Vec<String> =
        sqlx::query_scalar("SELECT name FROM service_keys").fetch_all(&mut *transaction).await?;
    for name in NAMES.into_iter().filter(|name| !kept.iter().any(|it| it == name)) {
        let mut key = masters.current().derive(name);
        if is_new || name == SIGN_INS {
            getrandom::fill(key.as_mut_slice())?;
        }
        insert(&mut transaction, name, &key, (master, generation)).await?;
    }
    transaction.commit().await?;
    Ok(())
}

async fn insert(
    connection: &mut PgConnection,
    name: &str,
    key: &Zeroizing<[u8; 32]>,
    (master, generation): (&Held, i32),
) -> Result<(), VaultError> {
    let sql =
        "INSERT INTO service_keys (name, wrapped, generation) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    sqlx::query(sql)
        .bind(name)
        .bind(Sealing(&master.wrapping).seal(&context(name), key.as_slice())?)
        .bind(generation)
        .execute(connection)
        .await?;
    Ok(())
}

/// The service's keys.
pub(super) async fn read(pool: &PgPool, held: &[Held]) -> Result<ServerKeys, VaultError> {
    let rows: Vec<PgRow> = sqlx::query(include_str!("service_keys.sql")).fetch_all(pool).await?;
    let mut keys = Vec::with_capacity(NAMES.len());
    for name in NAMES {
        let damaged = || VaultError::DamagedServiceKey(name.to_owned());
        let row = rows.iter().find(|row| row.try_get::<&str, _>(0).is_ok_and(|found| found == name));
        let row = row.ok_or_else(damaged)?;
        let check: Option<&[u8]> = row.try_get(2)?;
        let master = held_for(held, check.ok_or_else(damaged)?).ok_or(VaultError::MasterKeyMoved)?;
        keys.push(unwrapped(row, name, master).ok_or_else(damaged)?);
    }
    let mut keys = keys.into_iter();
    match (keys.next(), keys.next(), keys.next()) {
        (Some(command_bodies), Some(lock_tokens), Some(sign_ins)) => {
            Ok(ServerKeys::under(command_bodies, lock_tokens, sign_ins))
        }
        _ => Err(VaultError::NoMasterKey),
    }
}

fn unwrapped(row: &PgRow, name: &str, master: &Held) -> Option<Zeroizing<[u8; 32]>> {
    let opened = Sealing(&master.wrapping).open(&context(name), row.try_get(1).ok()?)?;
    opened.as_slice().try_into().ok().map(Zeroizing::new)
}

/// What a wrapped key is bound to: under another name it does not open.
pub(super) fn context(name: &str) -> Vec<u8> {
    format!("gradeledger-service-key v1\nname {name}\n").into_bytes()
}
