//! The live end of the ledger: one task and one ring for all who follow it, so that an append costs one read, however many
//! wait for it.
//!
//! It runs while somebody follows, and ends with the last of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sqlx::PgPool;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;
use tracing::{error, info, warn};
use uuid::Uuid;

use super::page::{self, FeedError, FeedSize};
use super::ring::{Held, Ring};
use super::{FeedFilter, FeedLimits};
use crate::runner::{Backoff, Listening};

#[derive(Debug)]
pub(super) struct Tail {
    pool: PgPool,
    limits: FeedLimits,
    state: Mutex<State>,
    /// Told whenever the ring is another.
    changed: watch::Sender<u64>,
    /// Told when nobody follows any more.
    deserted: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// None until the first look, and after one that could not go on.
    ring: Option<Ring>,
    followers: usize,
    /// The task that runs, by a number of its own; none where nobody follows, or where it ended otherwise than it should.
    task: Option<u64>,
    tasks: u64,
}

/// Being one of those who follow.
#[derive(Debug)]
pub(super) struct Attendance(Arc<Tail>);

impl Drop for Attendance {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.followers -= 1;
        if state.followers == 0 {
            self.0.deserted.notify_one();
        }
    }
}

impl Tail {
    pub(super) fn new(pool: PgPool, limits: FeedLimits) -> Self {
        let (state, changed, deserted) = (Mutex::default(), watch::Sender::new(0), Notify::new());
        Self { pool, limits, state, changed, deserted }
    }

    pub(super) fn attend(self: &Arc<Self>) -> Attendance {
        self.state().followers += 1;
        Attendance(Arc::clone(self))
    }

    /// Tells of every change from now on.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// What follows `position` in the history `epoch`; none where the ring does not have it.
    pub(super) fn following(
        self: &Arc<Self>,
        epoch: Uuid,
        position: i64,
        filter: &FeedFilter,
        size: FeedSize,
    ) -> Option<Held> {
        let mut state = self.state();
        if state.task.is_none() {
            state.tasks += 1;
            state.task = Some(state.tasks);
            tokio::spawn(run(Arc::clone(self), state.tasks));
        }
        state.ring.as_ref().filter(|ring| ring.epoch == epoch)?.following(position, filter, size)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A ring that was left in the middle of a push ends where it last was whole: no code of ours panics there.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Option<Ring>)) {
        change(&mut self.state().ring);
        self.changed.send_modify(|changes| *changes = changes.wrapping_add(1));
    }

    /// Ends the task if nobody follows. Under the lock under which the next one would be started.
    fn retires(&self) -> bool {
        let mut state = self.state();
        if state.followers > 0 {
            return false;
        }
        (state.task, state.ring) = (None, None);
        true
    }

    async fn keep_up(&self, mut wake: watch::Receiver<u64>) {
        let mut backoff = Backoff::between(self.limits.backoff_first, self.limits.backoff_longest);
        while !self.retires() {
            // Seen before looking, so that what is appended while we look wakes the rest that follows.
            wake.mark_unchanged();
            let rest = match self.advance().await {
                Ok(true) => continue,
                Ok(false) => {
                    backoff.reset();
                    self.limits.poll_every
                }
                Err(error) => {
                    warn!(cause = domain::chain(&error), "the newest events could not be read; trying again");
                    backoff.wait()
                }
            };
            tokio::select! {
                () = sleep(rest) => {}
                _ = wake.changed() => {}
                () = self.deserted.notified() => {}
            }
        }
    }

    /// Reads what was appended; whether there is more.
    async fn advance(&self) -> Result<bool, FeedError> {
        let at = self.state().ring.as_ref().map(|ring| (ring.epoch, ring.last()));
        let Some((epoch, last)) = at else {
            let (epoch, head) = page::standing(&self.pool).await?;
            self.change(|ring| *ring = Some(Ring::after(epoch, head)));
            return Ok(false);
        };
        let size = FeedSize { events: self.limits.page_events, bytes: self.limits.page_bytes };
        match page::read(&self.pool, last, &FeedFilter::default(), size, &self.limits).await {
            Ok(page) if page.epoch == epoch => {
                let more = page.scanned_to < page.head;
                if !page.events.is_empty() {
                    self.change(|ring| {
                        let events = page.events.into_iter();
                        ring.iter_mut().for_each(|ring| {
                            events.clone().for_each(|event| ring.push(event, &self.limits));
                        });
                    });
                }
                Ok(more)
            }
            Ok(page) => {
                info!(ended = %epoch, begun = %page.epoch, head = page.head, "the ledger has begun another epoch");
                self.change(|ring| *ring = Some(Ring::after(page.epoch, page.head)));
                Ok(false)
            }
            Err(FeedError::PastHead { asked, head }) => {
                error!(
                    read = asked,
                    head,
                    "the ledger ends before what was read of it: it was restored, and `gradeledger ledger new-epoch` was \
                     not run"
                );
                self.change(|ring| *ring = None);
                Ok(false)
            }
            Err(error) => {
                if matches!(error, FeedError::Damaged { .. }) {
                    // Whoever follows reads for themselves then, and is told.
                    self.change(|ring| *ring = None);
                }
                Err(error)
            }
        }
    }
}

/// Keeps up with the ledger until nobody follows.
async fn run(tail: Arc<Tail>, task: u64) {
    let running = Running { tail: &tail, task };
    let wake = watch::Sender::new(0);
    let woken = wake.subscribe();
    // Nobody stops the listening but the end of this task.
    let (_never, stop) = watch::channel(false);
    let listening = Listening {
        options: (*tail.pool.connect_options()).clone(),
        backoff: Backoff::between(tail.limits.backoff_first, tail.limits.backoff_longest),
        wake,
        stop,
    };
    tokio::select! {
        () = tail.keep_up(woken) => {}
        () = listening.run() => {}
    }
    drop(running);
}

/// A task that runs. One that ends by a panic leaves a tail that the next look of a follower starts anew.
struct Running<'a> {
    tail: &'a Tail,
    task: u64,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut state = self.tail.state();
        if state.task == Some(self.task) {
            (state.task, state.ring) = (None, None);
            drop(state);
            self.tail.change(|_| {});
        }
    }
}
