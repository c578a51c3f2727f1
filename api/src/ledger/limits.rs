//! Every number that bounds an append.

use std::time::Duration;

/// The limits of a [`Ledger`](super::Ledger), each with the default of the design.
#[derive(Clone, Copy, Debug)]
pub struct LedgerLimits {
    /// The most commands in one batch.
    pub batch_commands: usize,
    /// The most bytes of payload, metadata and sealed text in one batch; one command may not be larger either.
    pub batch_bytes: usize,
    /// The most commands in flight, the queued ones and those that wait for their stream; one more is told to come back.
    pub queue_commands: usize,
    /// How long a batch waits for the append lock.
    pub lock_timeout: Duration,
    /// How long the server may work on a batch.
    pub statement_timeout: Duration,
    /// How long a command waits for its turn on its stream, and for a lost database to come back.
    pub patience: Duration,
    /// The first pause before a lost connection is opened again; each next one is twice as long.
    pub first_backoff: Duration,
    /// The longest such pause.
    pub longest_backoff: Duration,
    /// How long opening a connection may take.
    pub connect_timeout: Duration,
    /// How often a command is decided before a conflict is its answer.
    pub decisions: u32,
    /// How large the cache of folded aggregates is, counted in the events that were folded, since those are what a state
    /// is made of (under 1 KB each).
    pub cached_events: u64,
    /// After how long without an append the clock is read again.
    pub clock_age: Duration,
    /// The shortest time between two notifications; a lone one is not delayed.
    pub notify_gap: Duration,
    /// What a caller that is told to come back is told to wait.
    pub retry_after: Duration,
}

impl Default for LedgerLimits {
    fn default() -> Self {
        Self {
            batch_commands: 256,
            batch_bytes: 1_000_000,
            queue_commands: 4_096,
            lock_timeout: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(30),
            patience: Duration::from_secs(10),
            first_backoff: Duration::from_millis(20),
            longest_backoff: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(5),
            decisions: 5,
            cached_events: 200_000,
            clock_age: Duration::from_secs(30),
            notify_gap: Duration::from_millis(2),
            retry_after: Duration::from_secs(1),
        }
    }
}

impl LedgerLimits {
    /// How long this process waits for the answer to a batch before it takes the connection for dead: longer than the
    /// server allows itself, so that a slow server is heard.
    pub(super) fn call_timeout(&self) -> Duration {
        self.lock_timeout + self.statement_timeout + self.connect_timeout
    }
}
