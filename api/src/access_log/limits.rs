//! What the log of accesses may take.

use std::time::Duration;

/// The shortest that rows can be kept: `prune_access_log` refuses less.
pub const KEPT_AT_LEAST: Duration = Duration::from_secs(30 * 24 * 3_600);

/// What the log of accesses may take, and how long it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessLogLimits {
    /// Connections that rows are written over, of one process: of their own, so that a log which is held up holds up no token.
    pub connections: u32,
    /// Rows that wait to be written; the next request waits for a place.
    pub queue_rows: usize,
    /// Rows that are written at once.
    pub batch_rows: usize,
    /// How long after the begin of a batch queued rows wait for others: each batch is a flush of the disk. What comes after a
    /// rest is written at once, and nobody waits for a row that is queued.
    pub gather: Duration,
    /// The longest that a request waits for its row; after that it shows nothing.
    pub wait: Duration,
    /// How long the writer rests after a batch that was not written.
    pub rest: Duration,
    /// Refusals of one kind of caller, known or nobody, that a process writes in each span of `refusals_every`; further ones are
    /// counted.
    pub refusals: u32,
    /// Of those, refusals of one known caller.
    pub refusals_each: u32,
    /// That span.
    pub refusals_every: Duration,
    /// The longest that an orderly end waits for what is queued.
    pub flush: Duration,
    /// How long a row is kept.
    pub keep: Duration,
    /// How often older ones are looked for.
    pub prune_every: Duration,
    /// Rows that are pruned in one statement.
    pub prune_rows: u32,
}

impl Default for AccessLogLimits {
    fn default() -> Self {
        Self {
            connections: 3,
            queue_rows: 2_048,
            batch_rows: 500,
            gather: Duration::from_millis(10),
            wait: Duration::from_secs(2),
            rest: Duration::from_millis(500),
            refusals: 60,
            refusals_each: 15,
            refusals_every: Duration::from_secs(60),
            flush: Duration::from_secs(5),
            keep: Duration::from_secs(365 * 24 * 3_600),
            prune_every: Duration::from_secs(3_600),
            prune_rows: 1_000,
        }
    }
}
