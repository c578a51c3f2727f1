//! Walks the whole ledger and holds every event to its hashes: what an auditor runs.
//!
//! It reads columns and believes none: positions are counted, content and leaf are built anew from the texts and compared,
//! each leaf with the one before it in its stream. Ranges of positions are walked in parallel; memory does not grow with
//! the ledger.

mod event;
mod fault;

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::Timestamp;
use futures::TryStreamExt as _;
use sqlx::types::chrono::{DateTime, Utc};
use sqlx::{PgPool, Row as _};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::LedgerError;
use super::call::timestamp;
use event::StoredEvent;

pub use fault::{Fault, Finding};

/// How many positions a worker walks at a time.
const RANGE: i64 = 10_000;

/// After how many events progress is told.
const PROGRESS_EVENTS: u64 = 500;

/// What a walk found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every event up to the head is what it was when it was recorded.
    Sound {
        /// How many there are; also the position of the last one.
        events: u64,
    },
    /// The first position at which something is wrong, and what.
    Broken(Finding),
}

/// Where a walk reports how many more events it has seen, and of how many.
pub type Progress = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// Walks the ledger behind `pool`, up to the head at the start, with as many workers as `workers` (at least one), each on a
/// connection of the pool.
///
/// # Errors
/// Where the database does not answer; what is wrong with the ledger itself is a [`Verdict::Broken`].
pub async fn verify(pool: &PgPool, workers: usize, progress: Progress) -> Result<Verdict, LedgerError> {
    let walk = Arc::new(Walk::begin(pool.clone(), progress).await?);
    let mut running = JoinSet::new();
    for _ in 0..workers.max(1) {
        let walk = Arc::clone(&walk);
        running.spawn(async move { walk.walk_ranges().await });
    }
    let mut found: Option<Finding> = None;
    while let Some(ended) = running.join_next().await {
        let finding = ended.map_err(|_| LedgerError::Closed)??;
        found = found.into_iter().chain(finding).min_by_key(|finding| finding.position);
    }
    let found = match found {
        None => walk.lost_tail(),
        found => found,
    };
    Ok(found.map_or(Verdict::Sound { events: walk.head.unsigned_abs() }, Verdict::Broken))
}

/// A walk under way.
struct Walk {
    pool: PgPool,
    progress: Progress,
    /// The last position at the start.
    head: i64,
    /// The last position that a command names, at the same moment.
    last_commanded: i64,
    /// First position and epoch, in order. Of two that begin at the same position the later one holds.
    epochs: Vec<(i64, Uuid)>,
    next: AtomicI64,
    /// The first bad position so far: nothing behind it needs a look.
    first_bad: AtomicI64,
}

impl Walk {
    async fn begin(pool: PgPool, progress: Progress) -> Result<Self, LedgerError> {
        let (head, last_commanded) = sqlx::query_as(
            "SELECT coalesce((SELECT max(position) FROM events), 0), \
                    coalesce((SELECT max(last_position) FROM commands), 0)",
        )
        .fetch_one(&pool)
        .await?;
        let epochs =
            sqlx::query_as("SELECT from_position, epoch FROM ledger_epochs ORDER BY from_position, began_at")
                .fetch_all(&pool)
                .await?;
        let (next, first_bad) = (AtomicI64::new(1), AtomicI64::new(i64::MAX));
        Ok(Self { pool, progress, head, last_commanded, epochs, next, first_bad })
    }

    /// Takes one range after another until none is left, or something wrong lies before them.
    async fn walk_ranges(&self) -> Result<Option<Finding>, LedgerError> {
        loop {
            let from = self.next.fetch_add(RANGE, Ordering::Relaxed);
            if from > self.head || from > self.first_bad.load(Ordering::Relaxed) {
                return Ok(None);
            }
            if let Some(finding) = self.walk_range(from..=self.head.min(from + RANGE - 1)).await? {
                self.first_bad.fetch_min(finding.position, Ordering::Relaxed);
                return Ok(Some(finding));
            }
        }
    }

    async fn walk_range(&self, range: RangeInclusive<i64>) -> Result<Option<Finding>, LedgerError> {
        let mut recorded_before = self.recorded_at(range.start() - 1).await?;
        let mut expected = *range.start();
        let mut untold = 0;
        let mut rows =
            sqlx::query(include_str!("verify.sql")).bind(range.start()).bind(range.end()).fetch(&self.pool);
        while let Some(row) = rows.try_next().await? {
            let event = StoredEvent::read(&row)?;
            if event.position != expected {
                return Ok(Some(Finding { position: expected, fault: Fault::Missing }));
            }
            if let Some(fault) = event.fault(self.epoch_at(expected), recorded_before) {
                return Ok(Some(Finding { position: expected, fault }));
            }
            recorded_before = event.recorded_at;
            expected += 1;
            untold += 1;
            if untold == PROGRESS_EVENTS {
                self.tell(&mut untold);
            }
        }
        self.tell(&mut untold);
        Ok((expected <= *range.end()).then_some(Finding { position: expected, fault: Fault::Missing }))
    }

    fn tell(&self, untold: &mut u64) {
        (self.progress)(std::mem::take(untold), self.head.unsigned_abs());
    }

    /// When the event before a range was recorded; one that is missing is found by whoever walks its range.
    async fn recorded_at(&self, position: i64) -> Result<Timestamp, LedgerError> {
        let row = sqlx::query("SELECT recorded_at FROM events WHERE position = $1")
            .bind(position)
            .fetch_optional(&self.pool)
            .await?;
        let time: Option<DateTime<Utc>> = row.map(|row| row.try_get(0)).transpose()?;
        Ok(time.map(timestamp).unwrap_or_default())
    }

    fn epoch_at(&self, position: i64) -> Option<Uuid> {
        let begun = self.epochs.partition_point(|(from, _)| *from <= position);
        self.epochs.get(begun.checked_sub(1)?).map(|(_, epoch)| *epoch)
    }

    /// Events cut off at the end leave no gap; their commands still name them.
    fn lost_tail(&self) -> Option<Finding> {
        let position = self.head + 1;
        (self.last_commanded > self.head).then_some(Finding { position, fault: Fault::LostTail })
    }
}
