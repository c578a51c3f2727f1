//! The feed: the ledger's events as they were written, for whoever keeps something of their own in step with it.
//!
//! Architecture invariants: no view is read here, since a view may lag and its gaps would be passed on; positions are
//! dense and in the order of commits, so what follows a position is complete, and a position that was passed over is never
//! come back to; epoch and head are read with the events, in one statement, so that nothing is handed on in the name of
//! another history.

mod event;
mod filter;
mod follow;
mod limits;
mod page;
mod ring;
mod tail;

use std::sync::Arc;

use sqlx::PgPool;
use tokio::sync::Semaphore;

pub use event::FeedEvent;
pub use filter::FeedFilter;
pub use follow::{Followed, Follower, NoPlace};
pub use limits::FeedLimits;
pub use page::{FeedError, FeedPage, FeedSize};

use tail::Tail;

/// The feed of one ledger in this process. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Feed {
    pool: PgPool,
    limits: FeedLimits,
    tail: Arc<Tail>,
    places: Arc<Semaphore>,
    catching_up: Arc<Semaphore>,
}

impl Feed {
    /// The feed of the ledger in the schema that the pool's sessions see. Nothing runs until somebody follows it.
    #[must_use]
    pub fn new(pool: PgPool, limits: FeedLimits) -> Self {
        Self {
            tail: Arc::new(Tail::new(pool.clone(), limits)),
            places: Arc::new(Semaphore::new(limits.followers)),
            catching_up: Arc::new(Semaphore::new(limits.catch_up_reads)),
            pool,
            limits,
        }
    }

    /// The limits that it keeps.
    #[must_use]
    pub const fn limits(&self) -> &FeedLimits {
        &self.limits
    }

    /// What follows the position `after`, as far as `size` allows.
    ///
    /// # Errors
    /// [`FeedError`].
    pub async fn page(&self, after: i64, filter: &FeedFilter, size: FeedSize) -> Result<FeedPage, FeedError> {
        page::read(&self.pool, after, filter, size, &self.limits).await
    }
}
