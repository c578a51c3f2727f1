//! How rows end: by their age, and reasons with the person whom they may name.

use std::time::Duration;

use domain::{ActorId, Role};
use sqlx::postgres::types::PgInterval;

use super::{Access, AccessLog, Outcome, Said, Unrecorded};
use crate::vault::{VaultError, VaultOwner};

impl AccessLog {
    /// Deletes the rows that are older than `keep`, a bounded number in each statement, and leaves a row that says how many
    /// they were, by whose act and why. Several may do so at once: none takes what another has in hand.
    ///
    /// # Errors
    /// [`Unrecorded`]: the database's, which also refuses to keep less than [`KEPT_AT_LEAST`](super::KEPT_AT_LEAST).
    pub async fn prune(
        &self,
        keep: Duration,
        (actor, role): (ActorId, Role),
        why: Option<(&str, &str)>,
    ) -> Result<u64, Unrecorded> {
        let rows = self.0.limits.prune_rows;
        let mut pruned = 0;
        let failed = loop {
            match self.prune_some(keep, rows).await {
                Ok(some) => {
                    pruned += some;
                    if some < u64::from(rows) {
                        break None;
                    }
                }
                Err(error) => break Some(error),
            }
        };
        if pruned > 0 {
            let mut row = Access::of_many(Some((actor, role)), Outcome::Pruned, pruned);
            if let Some((request_id, reason)) = why {
                let said = Said { actor, request_id, copy: None };
                row.reason = Some(self.seal(said, reason).await?);
                row.request_id = Some(request_id.to_owned());
            }
            self.commit(row).await?;
        }
        failed.map_or(Ok(pruned), |error| Err(error.into()))
    }

    /// How many rows are older than that.
    ///
    /// # Errors
    /// The database's.
    pub async fn older_than(&self, keep: Duration) -> Result<u64, Unrecorded> {
        let sql = "SELECT count(*) FROM access_log WHERE at < clock_timestamp() - $1";
        let count: i64 = sqlx::query_scalar(sql).bind(interval(keep)).fetch_one(&self.0.pool).await?;
        Ok(count.unsigned_abs())
    }

    async fn prune_some(&self, keep: Duration, most: u32) -> Result<u64, sqlx::Error> {
        let pruned: i64 = sqlx::query_scalar("SELECT prune_access_log($1, $2)")
            .bind(interval(keep))
            .bind(i32::try_from(most).unwrap_or(i32::MAX))
            .fetch_one(&self.0.pool)
            .await?;
        Ok(pruned.unsigned_abs())
    }

    /// Erases the reasons that were given for reading what is kept of an owner, who must have been erased.
    ///
    /// # Errors
    /// The database's.
    pub async fn erase_reasons(&self, owner: VaultOwner) -> Result<(), VaultError> {
        sqlx::query("SELECT erase_access_reasons($1, $2)")
            .bind(owner.kind())
            .bind(owner.id())
            .execute(&self.0.pool)
            .await?;
        Ok(())
    }
}

fn interval(time: Duration) -> PgInterval {
    PgInterval { months: 0, days: 0, microseconds: i64::try_from(time.as_micros()).unwrap_or(i64::MAX) }
}
