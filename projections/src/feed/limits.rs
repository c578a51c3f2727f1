//! How much, how many, how often.

use std::time::Duration;

/// The limits of the feed in one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedLimits {
    /// Streams of events that are open at the same time; one more is told to come back.
    pub followers: usize,
    /// Events of a page.
    pub page_events: usize,
    /// Bytes of a page's events; the event that passes it is the last.
    pub page_bytes: usize,
    /// Positions that one read passes over, whether or not they are asked for.
    pub scan_positions: usize,
    /// Events that wait for one follower to take them.
    pub buffer_events: usize,
    /// Bytes of them; the event that passes it is the last.
    pub buffer_bytes: usize,
    /// The newest events, which are held once for all followers.
    pub tail_events: usize,
    /// Bytes of them.
    pub tail_bytes: usize,
    /// Followers that read what is older than that from the database at the same time.
    pub catch_up_reads: usize,
    /// How often the ledger is looked at when nothing tells of an append.
    pub poll_every: Duration,
    /// How long a reader waits after the first failure of the database; twice as long after each further one.
    pub backoff_first: Duration,
    /// The longest such wait.
    pub backoff_longest: Duration,
    /// The longest that a stream is silent: proxies close connections that say nothing.
    pub keep_alive: Duration,
    /// How often it is asked whether a follower may still read.
    pub recheck: Duration,
    /// What a follower whose stream has ended is told to wait before it comes back.
    pub come_back: Duration,
}

impl Default for FeedLimits {
    fn default() -> Self {
        Self {
            followers: 128,
            page_events: 1_000,
            page_bytes: 4 << 20,
            scan_positions: 5_000,
            buffer_events: 1_000,
            buffer_bytes: 1 << 20,
            tail_events: 10_000,
            tail_bytes: 16 << 20,
            catch_up_reads: 4,
            poll_every: Duration::from_millis(500),
            backoff_first: Duration::from_millis(100),
            backoff_longest: Duration::from_secs(2),
            keep_alive: Duration::from_secs(15),
            recheck: Duration::from_secs(10),
            come_back: Duration::from_secs(2),
        }
    }
}
