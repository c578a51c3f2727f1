//! Which master keys a key store is wrapped by.

use sqlx::postgres::PgRow;
use sqlx::{PgExecutor, Row as _};
use subtle::ConstantTimeEq as _;

use super::VaultError;
use super::master_keys::Held;

/// The row of `master_key`.
pub(super) struct Standing {
    pub(super) generation: i32,
    check: Vec<u8>,
    next: Option<Vec<u8>>,
}

impl Standing {
    /// None while the store never had a master key.
    pub(super) async fn read(executor: impl PgExecutor<'_>) -> Result<Option<Self>, sqlx::Error> {
        let sql = "SELECT generation, check_value, next_check_value FROM master_key";
        sqlx::query(sql).fetch_optional(executor).await?.map(|row| Self::of(&row)).transpose()
    }

    /// The same, held as it is until the caller's transaction ends.
    pub(super) async fn hold(executor: impl PgExecutor<'_>) -> Result<Option<Self>, sqlx::Error> {
        let sql = "SELECT generation, check_value, next_check_value FROM master_key FOR UPDATE";
        sqlx::query(sql).fetch_optional(executor).await?.map(|row| Self::of(&row)).transpose()
    }

    fn of(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self { generation: row.try_get(0)?, check: row.try_get(1)?, next: row.try_get(2)? })
    }

    pub(super) fn is_current(&self, held: &Held) -> bool {
        is(held, &self.check)
    }

    pub(super) fn is_next(&self, held: &Held) -> bool {
        self.next.as_deref().is_some_and(|next| is(held, next))
    }

    pub(super) const fn is_rotating(&self) -> bool {
        self.next.is_some()
    }

    /// The generation of a new key, and which of the master keys wraps it.
    pub(super) fn for_new<'a>(&self, held: &'a [Held]) -> Option<(i32, &'a Held)> {
        let (generation, check) = match &self.next {
            Some(next) => (self.generation + 1, next),
            None => (self.generation, &self.check),
        };
        held.iter().find(|held| is(held, check)).map(|held| (generation, held))
    }

    /// That every key of the store can be opened by who holds these.
    pub(super) fn admits(&self, held: &[Held]) -> Result<(), VaultError> {
        let (current, next) =
            (held.iter().any(|held| self.is_current(held)), held.iter().any(|held| self.is_next(held)));
        match (current, self.is_rotating(), next) {
            (true, false, _) | (true, true, true) => Ok(()),
            (true, true, false) => Err(VaultError::RotationUnderWay { missing: "new" }),
            (false, true, true) => Err(VaultError::RotationUnderWay { missing: "old" }),
            (false, _, _) => Err(VaultError::WrongMasterKey),
        }
    }
}

/// The key among those that are held which a row says it is wrapped by.
pub(super) fn held_for<'a>(held: &'a [Held], check: &[u8]) -> Option<&'a Held> {
    held.iter().find(|held| is(held, check))
}

fn is(held: &Held, check: &[u8]) -> bool {
    held.check.as_slice().ct_eq(check).into()
}
