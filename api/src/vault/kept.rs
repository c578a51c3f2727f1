//! How a key store stands: which master keys its keys are wrapped by, found by opening every one of them.

use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::{PgPool, Row as _};
use uuid::Uuid;

use super::key_store::context_of;
use super::master_keys::Held;
use super::master_standing::{Standing, held_for};
use super::{MasterKeys, Sealing, VaultError};

/// How many keys are read at once.
const KEYS_A_READ: i64 = 1_000;

/// How the keys of a store are wrapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Which master key of the store's is the current one, counted from 1.
    pub generation: i32,
    /// Whether the store is being moved to the next one.
    pub is_rotating: bool,
    /// Keys that open under the current master key, as their rows say.
    pub under_current: u64,
    /// Keys that open under the next one, as their rows say.
    pub under_next: u64,
    /// Keys whose master key was not given.
    pub not_tried: u64,
    /// Keys that do not open under the master key that their rows name.
    pub damaged: Vec<Uuid>,
}

/// Opens every data key of the store behind `options` with the master keys that are given, and changes nothing.
///
/// # Errors
/// [`VaultError::NoMasterKey`], [`VaultError::WrongMasterKey`] where none of them is the store's, or [`VaultError::Database`].
pub async fn kept(options: PgConnectOptions, masters: &MasterKeys) -> Result<Kept, VaultError> {
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
    let kept = kept_in(&pool, &masters.held()).await;
    pool.close().await;
    kept
}

async fn kept_in(pool: &PgPool, held: &[Held]) -> Result<Kept, VaultError> {
    let standing = Standing::read(pool).await?.ok_or(VaultError::NoMasterKey)?;
    if !held.iter().any(|held| standing.is_current(held) || standing.is_next(held)) {
        return Err(VaultError::WrongMasterKey);
    }
    let mut kept = Kept {
        generation: standing.generation,
        is_rotating: standing.is_rotating(),
        under_current: 0,
        under_next: 0,
        not_tried: 0,
        damaged: Vec::new(),
    };
    let mut after = Uuid::nil();
    loop {
        let rows: Vec<PgRow> =
            sqlx::query(include_str!("kept.sql")).bind(after).bind(KEYS_A_READ).fetch_all(pool).await?;
        let Some(last) = rows.last() else { return Ok(kept) };
        after = last.try_get(0)?;
        for row in &rows {
            kept.count(row, held)?;
        }
    }
}

impl Kept {
    fn count(&mut self, row: &PgRow, held: &[Held]) -> Result<(), sqlx::Error> {
        let (id, owner, kind): (Uuid, Uuid, &str) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let (wrapped, check): (&[u8], Option<&[u8]>) = (row.try_get(4)?, row.try_get(5)?);
        let context = context_of(id, kind, owner, row.try_get(3)?);
        let opens = |held: &Held| Sealing(&held.wrapping).open(&context, wrapped).is_some();
        let is_next: Option<bool> = row.try_get(6)?;
        match check.map(|check| held_for(held, check)) {
            Some(None) => self.not_tried += 1,
            // Under that one, and under no other.
            Some(Some(master)) if opens(master) && held.iter().filter(|held| opens(held)).count() == 1 => {
                *(if is_next == Some(true) { &mut self.under_next } else { &mut self.under_current }) += 1;
            }
            Some(Some(_)) | None => self.damaged.push(id),
        }
        Ok(())
    }
}
