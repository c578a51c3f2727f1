//! How fast each of many may go.

use std::convert::Infallible;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use quick_cache::sync::Cache;

/// A pace for each key, in bounded memory: whoever was not seen for longest is forgotten, and may then burst anew.
#[derive(Debug)]
pub(super) struct Pace<K: Eq + Hash> {
    quota: Quota,
    kept: Cache<K, Arc<DefaultDirectRateLimiter>>,
    clock: DefaultClock,
}

impl<K: Copy + Eq + Hash> Pace<K> {
    /// So many a second, and so many at once after a rest; `kept` keys at a time.
    pub(super) fn a_second(number: u32, burst: u32, kept: usize) -> Self {
        Self::of(Quota::per_second(at_least_one(number)).allow_burst(at_least_one(burst)), kept)
    }

    /// So many at once, which come back one by one within `time`.
    pub(super) fn within(time: Duration, number: u32, kept: usize) -> Self {
        let number = at_least_one(number);
        let each = (time / number.get()).max(Duration::from_nanos(1));
        let quota = Quota::with_period(each).unwrap_or_else(|| Quota::per_second(number));
        Self::of(quota.allow_burst(number), kept)
    }

    fn of(quota: Quota, kept: usize) -> Self {
        Self { quota, kept: Cache::new(kept), clock: DefaultClock::default() }
    }

    /// One more of `key`.
    ///
    /// # Errors
    /// How long to wait, where it comes too soon; it is not counted then.
    pub(super) fn one_more(&self, key: K) -> Result<(), Duration> {
        let new = || Ok::<_, Infallible>(Arc::new(RateLimiter::direct(self.quota)));
        let Ok(own) = self.kept.get_or_insert_with(&key, new);
        own.check().map_err(|not_yet| not_yet.wait_time_from(self.clock.now()))
    }
}

fn at_least_one(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_pace_of_their_own_and_is_told_how_long_to_wait() {
        let pace = Pace::within(Duration::from_secs(900), 5, 100);
        for _ in 0..5 {
            pace.one_more(1).unwrap();
        }
        let wait = pace.one_more(1).unwrap_err();
        assert!((170..=180).contains(&wait.as_secs()), "one of five comes back in three minutes: {wait:?}");
        pace.one_more(2).unwrap();
    }

    #[test]
    fn a_pace_takes_no_more_memory_than_it_was_given() {
        let pace = Pace::a_second(1, 1, 64);
        for key in 0..10_000 {
            let _ = pace.one_more(key);
        }
        assert!(pace.kept.len() <= 64, "{}", pace.kept.len());
    }
}
