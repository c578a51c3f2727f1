//! The log of accesses: who read which copy, mark, text or person, and who was refused. What changes something is an event of
//! the ledger and is not told here again.
//!
//! It stands in the key store's database. A row that is to be *committed* is there before the answer leaves; one that is
//! *queued* is written a moment later, with others, by one task. Where the log cannot be written nothing is shown: a read is
//! answered 503, and a process that was killed has lost no more than the rows of its queue.
//!
//! Architecture invariants: what [`Keeping`] says of an act is asked in one place, by the frame of HTTP; refusals are written
//! within a budget, never hold up a request and never fill the disk.

mod access;
mod keeping;
mod limits;
mod past;
mod read;
mod reason;
mod refusals;
mod writer;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::sync::{mpsc, oneshot, watch};

pub use access::{Access, Outcome};
pub use keeping::Keeping;
pub use limits::{AccessLogLimits, KEPT_AT_LEAST};
pub use read::{AccessFilter, AccessRow};
pub use reason::{Said, SealedReason};

use crate::metrics::Metrics;
use crate::vault::{KeyStore, VaultError};
use refusals::Refusals;
use writer::{Queued, Writer};

/// The log. Clones are the same one.
#[derive(Clone)]
pub struct AccessLog(Arc<Inner>);

struct Inner {
    /// For reading and pruning.
    pool: PgPool,
    /// For writing rows.
    writing: PgPool,
    keys: KeyStore,
    limits: AccessLogLimits,
    metrics: Metrics,
    queue: mpsc::Sender<Queued>,
    /// Whether the last batch was written.
    is_written: watch::Receiver<bool>,
    refusals: Arc<Refusals>,
}

/// Why an access could not be recorded. Nothing may be shown then.
#[derive(Debug, thiserror::Error)]
pub enum Unrecorded {
    /// The database did not take it in time.
    #[error("the log of accesses took over {0:?}")]
    Slow(Duration),
    /// The database refused or failed.
    #[error("the log of accesses could not be written")]
    Database(#[from] sqlx::Error),
    /// The reason could not be sealed.
    #[error("the reason of an access could not be sealed")]
    Unsealed(#[from] VaultError),
    /// The process is at its end.
    #[error("the log of accesses is closed")]
    Closed,
}

impl AccessLog {
    /// The log in the key store's database behind `pool`, with its keys in `keys`; its writer ends with the last clone.
    #[must_use]
    pub fn new(pool: PgPool, keys: KeyStore, limits: AccessLogLimits, metrics: Metrics) -> Self {
        let (queue, queued) = mpsc::channel(limits.queue_rows);
        let (told, is_written) = watch::channel(true);
        let refusals =
            Arc::new(Refusals::new((limits.refusals, limits.refusals_each), limits.refusals_every));
        let writing = writing(&pool, &limits);
        let writer = Writer {
            pool: writing.clone(),
            limits,
            metrics: metrics.clone(),
            queue: queued,
            told,
            refusals: Arc::clone(&refusals),
        };
        tokio::spawn(writer.run());
        Self(Arc::new(Inner { pool, writing, keys, limits, metrics, queue, is_written, refusals }))
    }

    /// What it may take.
    #[must_use]
    pub fn limits(&self) -> &AccessLogLimits {
        &self.0.limits
    }

    /// The connections that rows are written over.
    #[must_use]
    pub fn writing(&self) -> &PgPool {
        &self.0.writing
    }

    /// How long whoever was answered 503 is told to wait.
    #[must_use]
    pub fn retry_after(&self) -> Duration {
        self.0.limits.wait
    }

    /// Has it in the log when this answers.
    ///
    /// # Errors
    /// [`Unrecorded`]; it may be in the log all the same where the database was slow.
    pub async fn commit(&self, access: Access) -> Result<(), Unrecorded> {
        let (began, outcome) = (Instant::now(), access.outcome);
        let written = writer::insert(&self.0.writing, &[(access, began)], self.0.limits.wait).await;
        if written.is_ok() {
            self.0.metrics.access_log_wrote(outcome, 1);
        }
        self.told("committed", began, written)
    }

    /// Has it in the queue when this answers; where the log cannot be written, or the queue is full, that is waited for.
    ///
    /// # Errors
    /// [`Unrecorded`].
    pub async fn queue(&self, access: Access) -> Result<(), Unrecorded> {
        let began = Instant::now();
        let queued = tokio::time::timeout(self.0.limits.wait, self.enqueue(access, began)).await;
        let queued = queued.unwrap_or(Err(Unrecorded::Slow(self.0.limits.wait)));
        self.0.metrics.access_log_queue(self.waiting());
        self.told("queued", began, queued)
    }

    async fn enqueue(&self, access: Access, began: Instant) -> Result<(), Unrecorded> {
        let mut is_written = self.0.is_written.clone();
        is_written.wait_for(|is_written| *is_written).await.map_err(|_| Unrecorded::Closed)?;
        let queued = Queued::Row(Box::new(access), began);
        self.0.queue.send(queued).await.map_err(|_| Unrecorded::Closed)
    }

    fn told(
        &self,
        strength: &'static str,
        began: Instant,
        recorded: Result<(), Unrecorded>,
    ) -> Result<(), Unrecorded> {
        let metrics = &self.0.metrics;
        metrics.access_log_waited(strength, began.elapsed());
        if recorded.is_err() {
            metrics.access_log_withheld(strength);
        }
        recorded
    }

    /// Takes a refusal in, within the budget of those. It never waits: what finds no place is counted.
    pub fn refusal(&self, access: Access) {
        let known = access.caller.is_some();
        // Half of the queue is for what was shown: refusals must not make readers wait.
        let has_room = self.0.queue.capacity() > self.0.queue.max_capacity() / 2;
        let now = Instant::now();
        if self.0.refusals.admit(access.caller.map(|(actor, _)| actor), now)
            && has_room
            && self.0.queue.try_send(Queued::Row(Box::new(access), now)).is_ok()
        {
            return;
        }
        self.0.refusals.leave_out(known);
        self.0.metrics.access_log_left_out(known);
    }

    /// Waits, within a bound, until all that was queued is written: for an orderly end.
    pub async fn flush(&self) {
        let (done, written) = oneshot::channel();
        let flushed = async {
            self.0.queue.send(Queued::Flush(done)).await.map_err(|_| Unrecorded::Closed)?;
            written.await.map_err(|_| Unrecorded::Closed)
        };
        if !matches!(tokio::time::timeout(self.0.limits.flush, flushed).await, Ok(Ok(()))) {
            let rows = self.waiting();
            tracing::error!(rows, "rows of the log of accesses were not written before the end");
        }
    }

    /// Closes the connections that rows are written over.
    pub async fn close(&self) {
        self.0.writing.close().await;
    }

    fn waiting(&self) -> usize {
        self.0.queue.max_capacity() - self.0.queue.capacity()
    }
}

/// Connections whose statements the server itself ends in time: what nobody waits for any more is not written after all, a
/// second time beside its repeat.
fn writing(pool: &PgPool, limits: &AccessLogLimits) -> PgPool {
    let longest = limits.wait.as_millis().to_string();
    let options = PgPool::connect_options(pool).as_ref().clone().options([("statement_timeout", longest)]);
    PgPoolOptions::new()
        .max_connections(limits.connections)
        .acquire_timeout(limits.wait)
        .connect_lazy_with(options)
}

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessLog")
    }
}
