//! Growing waits between tries.

use std::time::Duration;

use super::ProjectorLimits;

/// The wait before the next try. Tries have no end: a database that comes back finds its readers.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    pub(super) const fn new(limits: ProjectorLimits) -> Self {
        Self::between(limits.backoff_first, limits.backoff_longest)
    }

    pub(crate) const fn between(first: Duration, longest: Duration) -> Self {
        Self { first, longest, next: first }
    }

    pub(crate) fn wait(&mut self) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(self.longest);
        wait
    }

    pub(crate) const fn reset(&mut self) {
        self.next = self.first;
    }
}
