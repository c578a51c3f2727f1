//! Claims: which worker has which item in hand.

use std::time::Duration;

use domain::{Role, TraceParent};
use projections::views::work_queue::{self, WorkItem};
use sqlx::{FromRow as _, PgPool, Row as _};
use uuid::Uuid;

use super::WorkLimits;
use crate::app::SYSTEM;
use crate::ledger::By;
use crate::pdf::AskedBy;

/// An item in hand.
#[derive(Debug)]
pub(super) struct Claim {
    /// What is to be done.
    pub(super) item: WorkItem,
    /// How often it was begun, this time counted.
    pub(super) claims: u32,
    /// The trace that the request was part of which all of this began with.
    pub(super) traceparent: Option<TraceParent>,
}

impl Claim {
    /// In whose name its outcome is appended: the system's, for the request that all of this began with.
    pub(super) fn by(&self) -> By {
        By {
            actor: SYSTEM,
            role: Role::System,
            request_id: self.item.request_id.clone(),
            causation_id: Some(self.item.causation_id),
            traceparent: self.traceparent,
        }
    }

    /// The same, for the child process that works on it.
    pub(super) fn asked_by(&self) -> AskedBy {
        AskedBy {
            request_id: Some(self.item.request_id.clone()),
            traceparent: self.traceparent.map(|parent| parent.to_string()),
        }
    }
}

/// Claims the oldest item that is due and in nobody's hand.
pub(super) async fn claim(
    pool: &PgPool,
    worker: Uuid,
    limits: &WorkLimits,
) -> Result<Option<Claim>, sqlx::Error> {
    // The table's name is the view's, by its version; it is a constant, not input.
    let statement = include_str!("claim.sql").replace("{work_queue}", work_queue::TABLE);
    let row = sqlx::query(&statement)
        .bind(worker)
        .bind(milliseconds(limits.lease))
        .bind(f64::from(limits.patience.first_ms))
        .bind(f64::from(limits.patience.longest_ms))
        .fetch_optional(pool)
        .await?;
    row.map(|row| {
        let claims: i32 = row.try_get("claims")?;
        let traceparent: Option<String> = row.try_get("traceparent")?;
        Ok(Claim {
            item: WorkItem::from_row(&row)?,
            claims: claims.unsigned_abs(),
            // One that no build of ours wrote is none.
            traceparent: traceparent.and_then(|parent| parent.parse().ok()),
        })
    })
    .transpose()
}

/// Makes the lease longer. Answers whether it was still ours.
pub(super) async fn renew(
    pool: &PgPool,
    worker: Uuid,
    position: i64,
    lease: Duration,
) -> Result<bool, sqlx::Error> {
    let renewed = sqlx::query(
        "UPDATE work_claims SET lease_until = clock_timestamp() + $3::float8 * interval '1 millisecond'
         WHERE position = $1 AND worker = $2 AND NOT settled AND lease_until > clock_timestamp()",
    )
    .bind(position)
    .bind(worker)
    .bind(milliseconds(lease))
    .execute(pool)
    .await?;
    Ok(renewed.rows_affected() == 1)
}

/// Says that the item is done, whatever the queue still shows, and forgets the claims of items that the queue has seen
/// done.
pub(super) async fn settle(pool: &PgPool, worker: Uuid, position: i64) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE work_claims SET settled = true WHERE position = $1 AND worker = $2")
        .bind(position)
        .bind(worker)
        .execute(pool)
        .await?;
    let statement = format!(
        "DELETE FROM work_claims c WHERE c.position < $1 AND c.lease_until <= clock_timestamp()
         AND NOT EXISTS (SELECT FROM {} q WHERE q.position = c.position)",
        work_queue::TABLE
    );
    sqlx::query(&statement).bind(position).execute(pool).await?;
    Ok(())
}

/// Gives the item back as it was, for another worker to take at once: this one is told to stop, or could not begin.
pub(super) async fn give_back(pool: &PgPool, worker: Uuid, position: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE work_claims SET lease_until = clock_timestamp(), claims = greatest(claims - 1, 1)
         WHERE position = $1 AND worker = $2 AND NOT settled",
    )
    .bind(position)
    .bind(worker)
    .execute(pool)
    .await?;
    Ok(())
}

/// Leaves the item, until the claim's lease is over, to a worker of a later version: this process is too old for it. That is
/// no attempt, so it is not counted as one.
pub(super) async fn leave(pool: &PgPool, worker: Uuid, position: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE work_claims SET claims = greatest(claims - 1, 1) WHERE position = $1 AND worker = $2 AND NOT settled",
    )
    .bind(position)
    .bind(worker)
    .execute(pool)
    .await?;
    Ok(())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
