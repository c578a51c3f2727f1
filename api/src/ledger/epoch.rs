//! Which history the ledger tells, and where it parted from the ones before.
//!
//! Architecture invariant: an epoch is read from the database whenever it is needed, and remembered nowhere: a process that
//! was started before a restore must not answer in the name of a history that is no more.

use sqlx::Row as _;
use uuid::Uuid;

use super::{Ledger, LedgerError, Place};

/// Where a ledger stands: read in one statement, so that both are of one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its epoch.
    pub epoch: Uuid,
    /// The position of its last event; 0 while there is none.
    pub head: i64,
}

impl Ledger {
    /// The ledger's epoch now. Positions up to the head are positions of this epoch, whenever they were given.
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`] where the database does not answer.
    pub async fn epoch(&self) -> Result<Uuid, LedgerError> {
        Ok(sqlx::query_scalar("SELECT epoch FROM ledger_head").fetch_one(&self.shared.pool).await?)
    }

    /// Epoch and head now.
    ///
    /// # Errors
    /// As [`Ledger::epoch`].
    pub async fn standing(&self) -> Result<Standing, LedgerError> {
        let row = sqlx::query(include_str!("standing.sql")).fetch_one(&self.shared.pool).await?;
        Ok(Standing { epoch: row.try_get(0)?, head: row.try_get(1)? })
    }

    /// A position as a client is told it.
    ///
    /// # Errors
    /// As [`Ledger::epoch`].
    pub async fn place_of(&self, position: i64) -> Result<Place, LedgerError> {
        Ok(Place { epoch: self.epoch().await?, number: position })
    }

    /// The last position that a history which ended had in common with the one that followed it; none where this ledger
    /// knows of no such history, or it has not ended.
    ///
    /// # Errors
    /// As [`Ledger::epoch`].
    pub async fn parted_after(&self, ended: Uuid) -> Result<Option<i64>, LedgerError> {
        Ok(sqlx::query_scalar(include_str!("parted_after.sql"))
            .bind(ended)
            .fetch_one(&self.shared.pool)
            .await?)
    }
}
