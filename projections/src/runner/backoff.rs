//! Growing waits between tries.

use std::time::Duration;

use super::ProjectorLimits;

/// The wait before the next try. Tries have no end: a database that comes back finds its projectors.
#[derive(Debug)]
pub(super) struct Backoff {
    limits: ProjectorLimits,
    next: Duration,
}

impl Backoff {
    pub(super) const fn new(limits: ProjectorLimits) -> Self {
        Self { limits, next: limits.backoff_first }
    }

    pub(super) fn wait(&mut self) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(self.limits.backoff_longest);
        wait
    }

    pub(super) const fn reset(&mut self) {
        self.next = self.limits.backoff_first;
    }
}
