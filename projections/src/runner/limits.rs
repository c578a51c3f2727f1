//! How much, how long, how often.

use std::time::Duration;

use crate::rebuild::RebuildLimits;

/// The limits of the projectors.
#[derive(Clone, Copy, Debug)]
pub struct ProjectorLimits {
    /// The most events of one transaction.
    pub batch_events: u16,
    /// Payloads and metadata of one transaction, in bytes; the event that passes it is the last.
    pub batch_bytes: usize,
    /// How long after the begin of a batch its view is not looked at again: what comes close together is folded together, at a
    /// fraction of the cost. What comes after a rest is folded at once, and a view that is behind does not wait.
    pub gather: Duration,
    /// The most that this becomes where batches take long, so that a view is at work for half of the time at most and leaves a
    /// busy machine to those who wait for answers.
    pub gather_longest: Duration,
    /// How long a leader that says nothing stays the leader, by Postgres's clock; its open transaction is ended as soon.
    /// With `poll_every` it is the longest that a view whose leader was killed stands still.
    pub lease: Duration,
    /// How often a leader with nothing to fold renews its lease; well within `lease`.
    pub renew_every: Duration,
    /// How often a projector looks for events, and for a lease that ran out, when nothing wakes it.
    pub poll_every: Duration,
    /// How long it waits after the first failure of the database; twice as long after each further one.
    pub backoff_first: Duration,
    /// The longest such wait.
    pub backoff_longest: Duration,
    /// How long a stop waits for batches in hand.
    pub stop_within: Duration,
    /// How long a view may stand still with events to fold before it is called stuck, and the process not ready.
    pub stuck_after: Duration,
    /// Of rebuilds, those included that the service begins by itself.
    pub rebuild: RebuildLimits,
}

impl ProjectorLimits {
    /// How long after its begin a batch that took so long is the last one.
    pub(super) fn gather_after(&self, took: Duration) -> Duration {
        self.gather.max((took * 2).min(self.gather_longest))
    }
}

impl Default for ProjectorLimits {
    fn default() -> Self {
        Self {
            batch_events: 1_000,
            batch_bytes: 8 << 20,
            gather: Duration::from_millis(20),
            gather_longest: Duration::from_millis(50),
            lease: Duration::from_secs(4),
            renew_every: Duration::from_secs(1),
            poll_every: Duration::from_millis(500),
            backoff_first: Duration::from_millis(100),
            backoff_longest: Duration::from_secs(2),
            stop_within: Duration::from_secs(10),
            stuck_after: Duration::from_secs(30),
            rebuild: RebuildLimits::default(),
        }
    }
}
