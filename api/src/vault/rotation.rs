//! Moving a key store from one master key to another: every key is wrapped anew, and nothing that is sealed under it changes.
//!
//! The way of a rotation: `master_key` is told the next key, from when on new keys are wrapped by that one alone; then the keys
//! of the store are taken a bounded number at a time, each batch in a transaction of its own; then the next key becomes the only
//! one, in a transaction that has counted that no key is left. It may end anywhere: whoever runs it again goes on.
//!
//! Architecture invariant: a row's generation and its wrapping change in one statement, so that at every moment each key opens
//! under exactly one master key, and its row says which.

use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::{PgConnection, PgPool, Row as _};
use uuid::Uuid;

use super::key_store::context_of;
use super::master_keys::Held;
use super::master_standing::Standing;
use super::{MasterKey, MasterKeys, Sealing, VaultError, service_keys};

/// How often the store is walked because others changed it meanwhile.
const ROUNDS: u32 = 10;

/// A move from one master key to another.
#[derive(Debug)]
pub struct Rotation<'a> {
    /// The one that the store is wrapped by.
    pub old: &'a MasterKey,
    /// The one that it is to be wrapped by.
    pub new: &'a MasterKey,
    /// Keys that are wrapped anew in one transaction.
    pub batch: u32,
}

/// What a rotation tells while it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotationNews {
    /// New keys are wrapped by the new master key from now on; so many keys are to be wrapped anew.
    Begun {
        /// How many.
        keys: u64,
        /// Whether an earlier run had begun.
        again: bool,
    },
    /// So many keys were wrapped anew by this run.
    Rewrapped {
        /// How many.
        keys: u64,
    },
}

/// How a rotation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// The store is wrapped by the new key; this run wrapped so many keys anew.
    Done {
        /// How many.
        keys: u64,
    },
    /// It was wrapped by it before.
    Already,
}

/// Why a rotation did not come to its end. What was wrapped anew stays so, and another run goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// There is nothing to move.
    #[error(
        "the new master key is the old one: make another with `(umask 077; openssl rand -hex 32 > new.key)`"
    )]
    SameKey,
    /// Another rotation was begun and has not ended.
    #[error(
        "this key store is being moved to another master key than the new one that was given: end that rotation first, with the \
         key that it was begun with"
    )]
    ToAnother,
    /// The old key is not the one that the store is wrapped by.
    #[error(
        "the old master key (MASTER_KEY_FILE) is not the one that this key store is wrapped by; nothing was changed"
    )]
    NotTheOld,
    /// Keys under the old master key keep being there.
    #[error("after {ROUNDS} walks there still are keys under the old master key; run it again")]
    NeverThere,
    /// A key does not open, the store does not answer, or there is no randomness.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<sqlx::Error> for RotationError {
    fn from(error: sqlx::Error) -> Self {
        VaultError::from(error).into()
    }
}

impl From<getrandom::Error> for RotationError {
    fn from(error: getrandom::Error) -> Self {
        VaultError::from(error).into()
    }
}

impl Rotation<'_> {
    /// Moves the store behind `options`, as its owner. Tells how far it is.
    ///
    /// # Errors
    /// A [`RotationError`]; running it again goes on.
    pub async fn run(
        &self,
        options: PgConnectOptions,
        tell: &mut (dyn FnMut(RotationNews) + Send),
    ) -> Result<Rotated, RotationError> {
        let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
        let moved = self.run_in(&pool, tell).await;
        pool.close().await;
        moved
    }

    async fn run_in(
        &self,
        pool: &PgPool,
        tell: &mut (dyn FnMut(RotationNews) + Send),
    ) -> Result<Rotated, RotationError> {
        let (old, new) = (Held::of(self.old), Held::of(self.new));
        if *old.check == *new.check {
            return Err(RotationError::SameKey);
        }
        let standing = Standing::read(pool).await?.ok_or(VaultError::NoMasterKey)?;
        if standing.is_current(&new) && !standing.is_rotating() {
            return Ok(Rotated::Already);
        }
        // What was derived from the old key is kept before that goes.
        service_keys::ensure(pool, &MasterKeys::new(self.old.clone(), Some(self.new.clone()))).await?;
        let (from, again) = begin(pool, &old, &new).await?;
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM data_keys WHERE generation = $1")
            .bind(from)
            .fetch_one(pool)
            .await?;
        tell(RotationNews::Begun { keys: left.unsigned_abs(), again });
        let mut keys = 0;
        for _ in 0..ROUNDS {
            let mut after = Uuid::nil();
            while let Some((last, more)) = self.batch(pool, (&old, &new), from, after).await? {
                (after, keys) = (last, keys + more);
                tell(RotationNews::Rewrapped { keys });
            }
            rewrap_service_keys(pool, (&old, &new), from).await?;
            if end(pool, from).await? {
                return Ok(Rotated::Done { keys });
            }
        }
        Err(RotationError::NeverThere)
    }

    /// Wraps some keys anew; answers the last of them and how many they were, or none where none is left.
    async fn batch(
        &self,
        pool: &PgPool,
        (old, new): (&Held, &Held),
        from: i32,
        after: Uuid,
    ) -> Result<Option<(Uuid, u64)>, RotationError> {
        let mut transaction = pool.begin().await?;
        // Held, so that a key which is being destroyed is not written back, nor one that another run has at hand.
        let rows: Vec<PgRow> = sqlx::query(include_str!("rotation_batch.sql"))
            .bind(from)
            .bind(after)
            .bind(i64::from(self.batch))
            .fetch_all(&mut *transaction)
            .await?;
        let (mut ids, mut wrapped) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for row in &rows {
            let (id, owner, kind): (Uuid, Uuid, &str) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let context = context_of(id, kind, owner, row.try_get(3)?);
            let key = Sealing(&old.wrapping).open(&context, row.try_get(4)?);
            let key = key.ok_or(VaultError::DamagedKey(id))?;
            ids.push(id);
            wrapped.push(Sealing(&new.wrapping).seal(&context, &key)?);
        }
        let Some(last) = ids.last().copied() else { return Ok(None) };
        let written = sqlx::query(include_str!("rotation_rewrap.sql"))
            .bind(&ids)
            .bind(&wrapped)
            .bind(from)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Some((last, written.rows_affected())))
    }
}

/// Has new keys wrapped by the new master key. Answers the generation that is left, and whether it was being left already.
async fn begin(pool: &PgPool, old: &Held, new: &Held) -> Result<(i32, bool), RotationError> {
    let mut transaction = pool.begin().await?;
    let standing = Standing::hold(&mut *transaction).await?.ok_or(VaultError::NoMasterKey)?;
    if !standing.is_current(old) {
        return Err(RotationError::NotTheOld);
    }
    let again = standing.is_rotating();
    if again && !standing.is_next(new) {
        return Err(RotationError::ToAnother);
    }
    if !again {
        sqlx::query("UPDATE master_key SET next_check_value = $1")
            .bind(new.check.as_slice())
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok((standing.generation, again))
}

async fn rewrap_service_keys(
    pool: &PgPool,
    (old, new): (&Held, &Held),
    from: i32,
) -> Result<(), RotationError> {
    let mut transaction = pool.begin().await?;
    let rows: Vec<(String, Vec<u8>)> =
        sqlx::query_as("SELECT name, wrapped FROM service_keys WHERE generation = $1 FOR UPDATE")
            .bind(from)
            .fetch_all(&mut *transaction)
            .await?;
    for (name, wrapped) in rows {
        let context = service_keys::context(&name);
        let key = Sealing(&old.wrapping).open(&context, &wrapped);
        let key = key.ok_or_else(|| VaultError::DamagedServiceKey(name.clone()))?;
        sqlx::query("UPDATE service_keys SET wrapped = $2, generation = generation + 1 WHERE name = $1")
            .bind(name)
            .bind(Sealing(&new.wrapping).seal(&context, &key)?)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Makes the new master key the only one, unless keys are left under the old one.
async fn end(pool: &PgPool, from: i32) -> Result<bool, RotationError> {
    let mut transaction: sqlx::Transaction<'_, sqlx::Postgres> = pool.begin().await?;
    let standing = Standing::hold(&mut *transaction).await?.ok_or(VaultError::NoMasterKey)?;
    if standing.generation > from {
        // Another run was first.
        return Ok(true);
    }
    if is_any_left(&mut transaction, from).await? {
        return Ok(false);
    }
    sqlx::query(include_str!("rotation_end.sql")).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(true)
}

async fn is_any_left(connection: &mut PgConnection, from: i32) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(include_str!("rotation_left.sql")).bind(from).fetch_one(connection).await
}
