//! The one way into the ledger.
//!
//! A command loads its aggregate, is decided by `domain`, and its events go to the batcher, which commits many commands in
//! one transaction of the SQL function `append_events`, or one in that of its short form for one event. That function holds one
//! lock, gives positions in the order of commits, refuses what does not stand where it expects its stream, and knows again what
//! it applied.
//!
//! Architecture invariants: nothing is acknowledged before it is committed; an event is written by nothing but
//! `append_events` and `append_events_of_one`; one command of a stream is in flight in a process.

mod batcher;
mod call;
mod clock;
mod epoch;
mod error;
mod execute;
mod first_answer;
mod limits;
mod load;
mod looks;
mod new_epoch;
mod notifier;
mod order;
mod place;
mod queued;
mod restored;
mod seen;
mod session;
mod shapes;
mod stored;
mod turns;
pub mod verify;

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use domain::Timestamp;
use sqlx::types::chrono::{DateTime, Utc};
use sqlx::{PgPool, Row as _};
use tokio::sync::{Semaphore, mpsc, watch};

pub use epoch::Standing;
pub use error::{ExecuteError, LedgerError};
pub use first_answer::FirstAnswer;
pub use limits::LedgerLimits;
pub use new_epoch::{Begun, NewEpoch, NewEpochError, new_epoch};
pub use order::{By, Executed, Idempotency, InvalidKey, Order};
pub use place::{InvalidPlace, Place};
pub use restored::restored_up_to;
pub use seen::{AppendSeen, BatchSeen, Busy, NotAppended};
pub use stored::{Loaded, Shelf, Shelves, Stored};

use batcher::Batcher;
use clock::LedgerClock;
use looks::Looks;
use queued::Queued;
use seen::Watcher;
use turns::Turns;

/// A ledger, as this process writes to it. Clones are the same ledger.
#[derive(Clone)]
pub struct Ledger {
    shared: Arc<Shared>,
    queue: mpsc::Sender<Queued>,
    looks: Looks,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("schema", &self.shared.schema).finish_non_exhaustive()
    }
}

/// What the handles of a ledger and its batcher share.
struct Shared {
    pool: PgPool,
    limits: LedgerLimits,
    schema: String,
    clock: LedgerClock,
    turns: Turns,
    shelves: Shelves,
    admission: Semaphore,
    queued: Arc<AtomicUsize>,
    appended_events: AtomicU64,
    watcher: OnceLock<Watcher>,
}

impl Shared {
    /// How many commands are admitted: those that wait for their stream, are being decided or are queued.
    fn in_flight(&self) -> usize {
        self.limits.queue_commands.saturating_sub(self.admission.available_permits())
    }

    /// Whether a command is on its way that is not queued yet.
    fn deciding(&self) -> bool {
        self.in_flight() > self.queued.load(Ordering::Relaxed)
    }

    /// Shows something to whoever watches.
    fn show(&self, seen: AppendSeen) {
        if let Some(watcher) = self.watcher.get() {
            watcher(seen);
        }
    }
}

impl Ledger {
    /// Opens the ledger in the schema that the sessions of `pool` see, and starts the tasks that append and notify; they end
    /// when the last handle is gone and the queue is empty. The appending connections are the ledger's own, beside the pool.
    ///
    /// # Errors
    /// [`LedgerError::NotALedger`] before the migrations, [`LedgerError::Unavailable`] without a database.
    pub async fn open(pool: PgPool, limits: LedgerLimits) -> Result<Self, LedgerError> {
        let head = sqlx::query("SELECT clock_timestamp(), current_schema()::text FROM ledger_head")
            .fetch_optional(&pool)
            .await
            .map_err(|error| match error.as_database_error().and_then(sqlx::error::DatabaseError::code) {
                // undefined_table
                Some(code) if code == "42P01" => LedgerError::NotALedger(error.to_string()),
                _ => error.into(),
            })?
            .ok_or_else(|| LedgerError::NotALedger("ledger_head is empty".to_owned()))?;
        let shared = Arc::new(Shared {
            clock: LedgerClock::set_to(call::timestamp(head.try_get::<DateTime<Utc>, _>(0)?)),
            schema: head.try_get(1)?,
            turns: Turns::default(),
            shelves: Shelves::new(limits.cached_events),
            admission: Semaphore::new(limits.queue_commands),
            queued: Arc::default(),
            appended_events: AtomicU64::new(0),
            watcher: OnceLock::new(),
            pool,
            limits,
        });
        let (queue, queued) = mpsc::channel(limits.queue_commands);
        let (appended, last_position) = watch::channel(0);
        let options = shared.pool.connect_options().as_ref().clone();
        let channel = projections::channel(&shared.schema);
        tokio::spawn(Batcher::new(Arc::clone(&shared), queued, appended, &options).run());
        let (looks, asked) = mpsc::channel(limits.queue_commands);
        tokio::spawn(looks::run(asked, options.clone(), limits));
        tokio::spawn(notifier::run(last_position, channel, options, limits));
        Ok(Self { shared, queue, looks })
    }

    /// Now, by Postgres's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// The channel on which readers are told of every append; the payload is the newest position.
    #[must_use]
    pub fn channel(&self) -> String {
        projections::channel(&self.shared.schema)
    }

    /// How many events this process has appended.
    #[must_use]
    pub fn appended_events(&self) -> u64 {
        self.shared.appended_events.load(Ordering::Relaxed)
    }

    /// How many commands wait for their append to be answered.
    #[must_use]
    pub fn queued_commands(&self) -> usize {
        self.shared.queued.load(Ordering::Relaxed)
    }

    /// How many commands are in flight: those that wait for their stream, are being decided or are queued.
    #[must_use]
    pub fn commands_in_flight(&self) -> usize {
        self.shared.in_flight()
    }

    /// Has `watcher` told of what happens on the append path. It is called by the tasks that decide and append, so it must not
    /// wait. The first watcher stays.
    pub fn watch(&self, watcher: impl Fn(AppendSeen) + Send + Sync + 'static) {
        let _ = self.shared.watcher.set(Box::new(watcher));
    }
}
