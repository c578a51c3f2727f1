//! Following the ledger from a position on: reading what is there, then what is appended, without a gap or a repeat.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::sleep;
use tracing::warn;
use uuid::Uuid;

use super::tail::Attendance;
use super::{Feed, FeedError, FeedEvent, FeedFilter, FeedPage, FeedSize};
use crate::runner::Backoff;

/// One who follows. Dropping it gives its place to another.
#[derive(Debug)]
pub struct Follower {
    feed: Feed,
    filter: FeedFilter,
    epoch: Uuid,
    position: i64,
    changes: watch::Receiver<u64>,
    _attendance: Attendance,
    _place: OwnedSemaphorePermit,
}

/// What a follower gets at once.
#[derive(Debug)]
pub struct Followed {
    /// Events that it asks for, in order; perhaps none.
    pub events: Vec<Arc<FeedEvent>>,
    /// The position that it has seen everything up to, asked for or not.
    pub scanned_to: i64,
}

/// Every place of a process is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{most} streams of events are open here already")]
pub struct NoPlace {
    /// How many there are.
    pub most: usize,
}

impl Feed {
    /// Follows the history `epoch` from the position `after` on.
    ///
    /// # Errors
    /// [`NoPlace`].
    pub fn follow(&self, epoch: Uuid, after: i64, filter: FeedFilter) -> Result<Follower, NoPlace> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        Ok(Follower {
            filter,
            epoch,
            position: after,
            changes: self.tail.changes(),
            _attendance: self.tail.attend(),
            _place: place.map_err(|_| NoPlace { most: self.limits.followers })?,
            feed: self.clone(),
        })
    }
}

impl Follower {
    /// The epoch that it follows.
    #[must_use]
    pub const fn epoch(&self) -> Uuid {
        self.epoch
    }

    /// The position that it has seen everything up to.
    #[must_use]
    pub const fn position(&self) -> i64 {
        self.position
    }

    /// Waits until there is something more, and gives it. A database that does not answer is waited for. Dropping the
    /// future loses nothing.
    ///
    /// # Errors
    /// [`FeedError`]: there is nothing to wait for any more.
    pub async fn next(&mut self, size: FeedSize) -> Result<Followed, FeedError> {
        loop {
            self.changes.mark_unchanged();
            let tail = &self.feed.tail;
            let followed = match tail.following(self.epoch, self.position, &self.filter, size) {
                Some(held) => Followed { events: held.events, scanned_to: held.scanned_to },
                None => {
                    let page = self.read(size).await?;
                    Followed { events: page.events, scanned_to: page.scanned_to }
                }
            };
            if followed.scanned_to > self.position {
                self.position = followed.scanned_to;
                return Ok(followed);
            }
            // The sender lives in the feed, which this follower holds.
            let _ = self.changes.changed().await;
        }
    }

    /// Reads on its own what the tail does not hold, a few followers at a time: the pool is for others as well.
    async fn read(&self, size: FeedSize) -> Result<FeedPage, FeedError> {
        let limits = &self.feed.limits;
        let mut backoff = Backoff::between(limits.backoff_first, limits.backoff_longest);
        loop {
            let _one_of_few = self.feed.catching_up.acquire().await;
            match self.feed.page(self.position, &self.filter, size).await {
                Ok(page) if page.epoch != self.epoch => {
                    return Err(FeedError::OtherEpoch { epoch: page.epoch });
                }
                Err(FeedError::PastHead { asked, head }) => return Err(self.past_head(asked, head).await?),
                Err(FeedError::Database(error)) => {
                    warn!(cause = domain::chain(&error), "a follower could not be served; trying again");
                }
                read => return read,
            }
            sleep(backoff.wait()).await;
        }
    }

    /// A ledger that ends before what was read of it may have begun another epoch since, which tells more.
    async fn past_head(&self, asked: i64, head: i64) -> Result<FeedError, sqlx::Error> {
        let (epoch, _) = super::page::standing(&self.feed.pool).await?;
        Ok(if epoch == self.epoch {
            FeedError::PastHead { asked, head }
        } else {
            FeedError::OtherEpoch { epoch }
        })
    }
}
