//! How the ledger stands: each part is read apart and within a bound, so that one that cannot be read hides no other.

mod disk;
mod parts;
mod problems;
mod sessions;
mod span;
mod unread;

pub(crate) use problems::{age, size};
pub(crate) use span::span;

use std::path::PathBuf;
use std::time::Duration;

use ::projections::Views;
use ::projections::work_queue::Patience;
use domain::{Role, Timestamp};
use serde_json::Value;
use sqlx::PgPool;
use tokio::time::timeout;

use super::answers::status::{StatusAnswer, Unread};
use super::execute::json;
use super::opening::Opener;
use super::{App, AppError};
use unread::Because;

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The read side, on the ledger's database.
    pub views: Views,
    /// The database of the keys, where it is at hand.
    pub keys: Option<PgPool>,
    /// The folder of the blobs, where they lie in one.
    pub blobs: Option<PathBuf>,
    /// What is too much.
    pub limits: StatusLimits,
}

/// What looking may take, and from where on a person is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusLimits {
    /// The longest that reading one part may take.
    pub part: Duration,
    /// How long work may wait that could be taken.
    pub work_late: Duration,
    /// How long a lock may stand past its end.
    pub lock_late: Duration,
    /// How long an append waits for the ledger's head.
    pub append_waits: Duration,
    /// How much of the disk of the blobs is to be free, in bytes.
    pub free_bytes: u64,
    /// How long after its last word a process is taken to be alive.
    pub alive: Duration,
    /// How long failed work rests.
    pub patience: Patience,
}

/// Looks at everything. What other sessions ask the database is told where `queries` says so.
pub async fn look(watched: &Watched, queries: bool) -> StatusAnswer {
    let pool = watched.views.pool();
    let (ledger, views, work, copies, locks, processes, disk) = tokio::join!(
        part("ledger", watched, parts::ledger(pool, watched.limits.append_waits)),
        part("views", watched, parts::views(&watched.views)),
        part("work", watched, parts::work(pool, watched.limits.patience)),
        part("copies", watched, parts::copies(pool)),
        part("locks", watched, parts::locks(pool)),
        part("processes", watched, parts::processes(pool, watched.limits.alive)),
        disk::disk(watched),
    );
    let (disk, mut unread) = disk;
    let mut ledger = noted(ledger, &mut unread);
    let held = ledger.as_mut().map(|ledger| std::mem::take(&mut ledger.held)).unwrap_or_default();
    let views = noted(views, &mut unread);
    let mut answer = StatusAnswer {
        well: true,
        problems: Vec::new(),
        at: ledger.as_ref().map_or_else(here, |ledger| ledger.now),
        version: env!("CARGO_PKG_VERSION"),
        epoch: ledger.as_ref().map(|ledger| ledger.epoch),
        head: ledger.as_ref().map(|ledger| ledger.head),
        last_event_ms: ledger.as_ref().and_then(|ledger| ledger.last_event_ms),
        postgres: ledger.map(|ledger| ledger.postgres),
        views: views
            .map_or_else(Vec::new, |views| if queries { views } else { views.without_queries() }.views),
        work: noted(work, &mut unread),
        copies: noted(copies, &mut unread),
        locks: noted(locks, &mut unread),
        processes: noted(processes, &mut unread),
        disk,
        unread: Vec::new(),
    };
    answer.unread = unread;
    answer.problems = problems::of(&answer, &held, watched.limits);
    answer.well = answer.problems.is_empty();
    answer
}

/// What was read; what was not is noted.
fn noted<T>(part: Result<T, Unread>, unread: &mut Vec<Unread>) -> Option<T> {
    part.map_err(|why| unread.push(why)).ok()
}

/// Whether a process that is alive runs workers; none where that could not be read.
pub(crate) async fn workers_run(watched: &Watched) -> Option<bool> {
    let reading = parts::processes(watched.views.pool(), watched.limits.alive);
    let processes = part("processes", watched, reading).await.ok()?;
    Some(processes.runs("workers"))
}

/// Reads a part within the bound, or says why not.
async fn part<T>(
    part: &'static str,
    watched: &Watched,
    reading: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, Unread> {
    let longest = watched.limits.part;
    let because = match timeout(longest, reading).await {
        Ok(Ok(read)) => return Ok(read),
        Ok(Err(error)) => Because::from(error).words(longest),
        Err(_) => Because::Slow.words(longest),
    };
    Err(Unread { part, because })
}

/// Now by this machine's clock, where Postgres does not say.
fn here() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

impl App {
    /// How the ledger stands. What other sessions ask the database is for administrators.
    ///
    /// # Errors
    /// A [`AppError`] where an answer cannot be made; a part that cannot be read is told in the answer.
    pub async fn status(&self, role: Role) -> Result<Value, AppError> {
        let answer = look(&self.watched, role == Role::Admin).await;
        // Why streams are parked is for those who ask for it: `GET /api/projections`.
        Ok(Opener::nobody().opened(json(&answer)).await?)
    }
}
