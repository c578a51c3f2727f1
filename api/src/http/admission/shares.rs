//! How much of what is scarce one of many may hold at a time.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places that each key may hold. What holds or awaits none takes no memory. Cheap to clone.
#[derive(Debug)]
pub(in crate::http) struct Shares<K: Copy + Eq + Hash> {
    each: usize,
    held: Arc<Held<K>>,
}

type Held<K> = Mutex<HashMap<K, Arc<Semaphore>>>;

impl<K: Copy + Eq + Hash> Clone for Shares<K> {
    fn clone(&self) -> Self {
        Self { each: self.each, held: Arc::clone(&self.held) }
    }
}

/// A place that is held until it is dropped.
pub(in crate::http) struct Share<K: Copy + Eq + Hash> {
    // Given back before the standing looks whether anyone is left.
    _place: OwnedSemaphorePermit,
    _standing: Standing<K>,
}

impl<K: Copy + Eq + Hash> fmt::Debug for Share<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Share")
    }
}

/// Someone who holds or awaits a place of a key.
struct Standing<K: Copy + Eq + Hash> {
    key: K,
    places: Option<Arc<Semaphore>>,
    held: Arc<Held<K>>,
}

impl<K: Copy + Eq + Hash> Shares<K> {
    /// So many places for each.
    pub(in crate::http) fn of(each: usize) -> Self {
        Self { each, held: Arc::default() }
    }

    /// A place of `key`, if it has one left.
    pub(in crate::http) fn now(&self, key: K) -> Option<Share<K>> {
        let (standing, places) = self.standing(key);
        let place = places.try_acquire_owned().ok()?;
        Some(Share { _place: place, _standing: standing })
    }

    /// A place of `key`, if it has one within this time.
    pub(in crate::http) async fn within(&self, time: Duration, key: K) -> Option<Share<K>> {
        let (standing, places) = self.standing(key);
        let place = tokio::time::timeout(time, places.acquire_owned()).await.ok()?.ok()?;
        Some(Share { _place: place, _standing: standing })
    }

    fn standing(&self, key: K) -> (Standing<K>, Arc<Semaphore>) {
        let new = || Arc::new(Semaphore::new(self.each));
        let places = Arc::clone(lock(&self.held).entry(key).or_insert_with(new));
        (Standing { key, places: Some(Arc::clone(&places)), held: Arc::clone(&self.held) }, places)
    }
}

impl<K: Copy + Eq + Hash> Drop for Standing<K> {
    fn drop(&mut self) {
        let mut held = lock(&self.held);
        self.places = None;
        if let Entry::Occupied(places) = held.entry(self.key)
            && Arc::strong_count(places.get()) == 1
        {
            places.remove();
        }
    }
}

/// Nothing panics while it holds the lock, and what stands there would be whole all the same.
fn lock<K: Copy + Eq + Hash>(held: &Held<K>) -> MutexGuard<'_, HashMap<K, Arc<Semaphore>>> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_holds_more_than_their_share_and_nothing_is_kept_of_who_left() {
        let shares = Shares::of(2);
        let (first, second) = (shares.now(1).unwrap(), shares.now(1).unwrap());
        assert!(shares.now(1).is_none());
        assert!(shares.now(2).is_some(), "another has a share of their own");
        drop(first);
        let third = shares.now(1).unwrap();
        drop((second, third));
        assert!(lock(&shares.held).is_empty());
    }

    #[tokio::test]
    async fn whoever_waits_gets_the_place_that_is_given_back_and_gives_up_in_time() {
        let shares = Shares::of(1);
        let first = shares.now(1).unwrap();
        assert!(shares.within(Duration::from_millis(5), 1).await.is_none());
        let waits = {
            let shares = shares.clone();
            async move { shares.within(Duration::from_secs(20), 1).await }
        };
        let (got, ()) = tokio::join!(waits, async { drop(first) });
        drop(got.unwrap());
        assert!(lock(&shares.held).is_empty());
    }
}
