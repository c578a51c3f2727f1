//! How much, how long, how often.

use std::time::Duration;

/// The limits of a rebuild.
#[derive(Clone, Copy, Debug)]
pub struct RebuildLimits {
    /// How many fold side by side what one connection reads, and how many tables are indexed at the same time.
    pub workers: u32,
    /// What the states that are held may take in memory, all workers together, in bytes as the folds weigh them. The
    /// process takes about as much again for rows on their way and for what its allocator keeps.
    pub memory_bytes: usize,
    /// After so many events of a worker its states are weighed.
    pub settle_every: usize,
    /// Rows of one table that go to Postgres at once, in bytes.
    pub copy_bytes: usize,
    /// What Postgres may take to sort an index, in megabytes.
    pub index_memory_megabytes: u32,
    /// The most events of one transaction that brings the new tables up to the head; the last of them is the swap.
    pub batch_events: u16,
    /// Their payloads and metadata, in bytes.
    pub batch_bytes: usize,
    /// How long the swap waits for readers in one try. It waits in front of later readers, so it must not be long.
    pub swap_wait: Duration,
    /// How long, beyond Postgres's `deadlock_timeout`, it waits for a vacuum of the live table to end; nobody waits behind it.
    pub vacuum_wait: Duration,
    /// How long it lets readers go on before the next try.
    pub swap_rest: Duration,
    /// How often it tries.
    pub swap_tries: u32,
    /// How often the new tables are brought up to a head that runs ahead of them, before that is given up.
    pub catch_up_rounds: u32,
    /// How long whoever rebuilds and says nothing keeps others from it, by Postgres's clock.
    pub lease: Duration,
    /// How often it says how far it is; well within `lease`.
    pub renew_every: Duration,
    /// How many events a view that was never folded has to be behind for the service to rebuild it, instead of folding
    /// it event by event.
    pub worth_events: u32,
}

impl Default for RebuildLimits {
    fn default() -> Self {
        Self {
            workers: std::thread::available_parallelism()
                .map_or(2, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX))
                .clamp(1, 8),
            memory_bytes: 256 << 20,
            settle_every: 512,
            copy_bytes: 64 << 10,
            index_memory_megabytes: 128,
            batch_events: 1_000,
            batch_bytes: 8 << 20,
            swap_wait: Duration::from_millis(100),
            vacuum_wait: Duration::from_secs(2),
            swap_rest: Duration::from_millis(250),
            swap_tries: 1_000,
            catch_up_rounds: 1_000_000,
            lease: Duration::from_secs(10),
            renew_every: Duration::from_secs(1),
            worth_events: 10_000,
        }
    }
}
