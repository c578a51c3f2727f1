//! The task that writes what is queued, a batch at a time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::sync::{mpsc, oneshot, watch};

use super::refusals::Refusals;
use super::{Access, AccessLogLimits, Outcome, Unrecorded};
use crate::metrics::Metrics;

/// What is queued.
pub(super) enum Queued {
    /// A row, and when it was.
    Row(Box<Access>, Instant),
    /// Someone who waits for all that was queued before.
    Flush(oneshot::Sender<()>),
}

/// The writing end of the queue.
pub(super) struct Writer {
    pub(super) pool: PgPool,
    pub(super) limits: AccessLogLimits,
    pub(super) metrics: Metrics,
    pub(super) queue: mpsc::Receiver<Queued>,
    /// Whether the last batch was written.
    pub(super) told: watch::Sender<bool>,
    pub(super) refusals: Arc<Refusals>,
}

impl Writer {
    /// Runs until every handle of the log is gone and the queue is empty.
    pub(super) async fn run(mut self) {
        let mut taken = Vec::new();
        let mut counted = tokio::time::interval(self.limits.refusals_every);
        let mut gathered = tokio::time::Instant::now();
        loop {
            let is_time = tokio::select! {
                rows = self.queue.recv_many(&mut taken, self.limits.batch_rows) => {
                    if rows == 0 {
                        return;
                    }
                    false
                }
                _ = counted.tick() => true,
            };
            tokio::time::sleep_until(gathered).await;
            while taken.len() < self.limits.batch_rows
                && let Ok(queued) = self.queue.try_recv()
            {
                taken.push(queued);
            }
            gathered = tokio::time::Instant::now() + self.limits.gather;
            let (mut rows, mut flushes) = (Vec::with_capacity(taken.len()), Vec::new());
            for queued in taken.drain(..) {
                match queued {
                    Queued::Row(access, at) => rows.push((*access, at)),
                    Queued::Flush(done) => flushes.push(done),
                }
            }
            if is_time || !flushes.is_empty() {
                let now = Instant::now();
                rows.extend(self.refusals.left_out().into_iter().map(|access| (access, now)));
            }
            self.write(&rows).await;
            self.metrics.access_log_queue(self.queue.len());
            for done in flushes {
                // Whoever waited may have waited long enough.
                let _ = done.send(());
            }
        }
    }

    /// Writes them, however long it takes: those who were answered since are in no other place.
    async fn write(&self, rows: &[(Access, Instant)]) {
        if rows.is_empty() {
            return;
        }
        while let Err(error) = insert(&self.pool, rows, self.limits.wait).await {
            self.metrics.access_log_failed();
            let count = rows.len();
            tracing::error!(
                cause = domain::chain(&error),
                rows = count,
                "the log of accesses cannot be written: marks and pages are not shown until it is"
            );
            self.told.send_replace(false);
            tokio::time::sleep(self.limits.rest).await;
        }
        self.told.send_replace(true);
        for outcome in Outcome::ALL {
            let count = rows.iter().filter(|(access, _)| access.outcome == outcome).count();
            self.metrics.access_log_wrote(outcome, count);
        }
    }
}

/// Writes rows in one statement.
pub(super) async fn insert(
    pool: &PgPool,
    rows: &[(Access, Instant)],
    longest: Duration,
) -> Result<(), Unrecorded> {
    fn all<'a, T>(rows: &'a [(Access, Instant)], column: impl Fn(&'a Access) -> T) -> Vec<T> {
        rows.iter().map(|(access, _)| column(access)).collect()
    }
    let insert = async {
        // Before the rows are told how old they are: whoever waits for a connection does not make them newer.
        let mut connection = pool.acquire().await?;
        let insert = sqlx::query(include_str!("insert.sql"))
            .bind(rows.iter().map(|(_, at)| at.elapsed().as_secs_f64()).collect::<Vec<_>>())
            .bind(all(rows, |row| row.caller.map(|(actor, _)| actor.0)))
            .bind(all(rows, |row| row.caller.map(|(_, role)| role.as_str())))
            .bind(all(rows, |row| row.what.map(|(act, ..)| act.to_string())))
            .bind(all(rows, |row| row.what.map(|(_, method, _)| method)))
            .bind(all(rows, |row| row.what.map(|(_, _, route)| route)))
            .bind(all(rows, |row| row.copy.map(|copy| copy.0)))
            .bind(all(rows, |row| row.exam.map(|exam| exam.0)))
            .bind(all(rows, |row| row.subject.map(|subject| subject.0)))
            .bind(all(rows, |row| row.outcome.as_str()))
            .bind(all(rows, |row| row.answered.and_then(|(status, _)| i16::try_from(status).ok())))
            .bind(all(rows, |row| row.answered.and_then(|(_, code)| code)))
            .bind(all(rows, |row| row.request_id.as_deref()))
            .bind(all(rows, |row| i64::try_from(row.times).unwrap_or(i64::MAX)))
            .bind(all(rows, |row| row.reason.as_ref().map(|reason| reason.key_id)))
            .bind(all(rows, |row| row.reason.as_ref().and_then(|reason| reason.sealed.as_deref())))
            .execute(&mut *connection);
        insert.await
    };
    // The server ends the statement after `longest`; this is for a server that is not heard of.
    tokio::time::timeout(longest * 2, insert).await.map_err(|_| Unrecorded::Slow(longest))??;
    Ok(())
}
