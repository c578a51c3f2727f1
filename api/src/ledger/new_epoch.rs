//! Beginning a new epoch: what an operator does after a restore, so that places of the history that was lost are refused.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection, PgPool};
use uuid::Uuid;

use crate::vault::Sealed;

/// What is asked for.
#[derive(Debug)]
pub struct NewEpoch<'a> {
    /// The last position that names the same event as before the restore; none for the head, where nothing was appended since.
    pub same_up_to: Option<i64>,
    /// Why, sealed.
    pub reason: &'a Sealed,
    /// How long it waits for those who append.
    pub lock_timeout: Duration,
}

/// An epoch that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The epoch that ended.
    pub ended: Uuid,
    /// The one that holds now.
    pub epoch: Uuid,
    /// The last position at that moment; 0 where there is none.
    pub head: i64,
    /// The last position that names the same event in both.
    pub same_up_to: i64,
}

/// Why no epoch was begun. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum NewEpochError {
    /// Both histories cannot be the same beyond the ledger's end.
    #[error(
        "the ledger ends at position {head}, so the restored dump cannot have held position {asked}; name {head} or an earlier one"
    )]
    PastHead {
        /// What was asked for.
        asked: i64,
        /// The ledger's last position.
        head: i64,
    },
    /// Someone holds the head.
    #[error("the ledger's head was held for {0:?} by those who append; try again, or stop what holds it")]
    Busy(Duration),
    /// The database did not answer as it should.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Begins an epoch, in one transaction that holds the head as an append does: no event is recorded under an epoch that has
/// ended. Two at once are two epochs, one after the other.
///
/// # Errors
/// [`NewEpochError`].
pub async fn new_epoch(pool: &PgPool, asked: &NewEpoch<'_>) -> Result<Begun, NewEpochError> {
    let mut connection = pool.acquire().await?;
    match begin(&mut connection, asked).await {
        // 55P03: lock_not_available.
        Err(NewEpochError::Database(sqlx::Error::Database(error)))
            if error.code().as_deref() == Some("55P03") =>
        {
            Err(NewEpochError::Busy(asked.lock_timeout))
        }
        begun => begun,
    }
}

async fn begin(connection: &mut PgConnection, asked: &NewEpoch<'_>) -> Result<Begun, NewEpochError> {
    let mut transaction = connection.begin().await?;
    let lock_timeout = format!("SET LOCAL lock_timeout = {}", asked.lock_timeout.as_millis());
    sqlx::query(&lock_timeout).execute(&mut *transaction).await?;
    let ended: Uuid =
        sqlx::query_scalar("SELECT epoch FROM ledger_head FOR UPDATE").fetch_one(&mut *transaction).await?;
    // A statement of its own, which sees what the holders before committed.
    let head: i64 = sqlx::query_scalar("SELECT coalesce(max(position), 0) FROM events")
        .fetch_one(&mut *transaction)
        .await?;
    let same_up_to = asked.same_up_to.unwrap_or(head);
    if !(0..=head).contains(&same_up_to) {
        return Err(NewEpochError::PastHead { asked: same_up_to, head });
    }
    let commitment = asked.reason.commitment.0.0.as_slice();
    let epoch: Uuid = sqlx::query_scalar(include_str!("new_epoch.sql"))
        .bind(head)
        .bind(same_up_to)
        .bind(commitment)
        .fetch_one(&mut *transaction)
        .await?;
    sqlx::query("UPDATE ledger_head SET epoch = $1").bind(epoch).execute(&mut *transaction).await?;
    let reason = &asked.reason.row;
    sqlx::query(include_str!("new_epoch_reason.sql"))
        .bind(commitment)
        .bind(reason.key_id)
        .bind(reason.owner.id())
        .bind(reason.owner.kind())
        .bind(reason.purpose.as_str())
        .bind(&reason.sealed)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(Begun { ended, epoch, head, same_up_to })
}
