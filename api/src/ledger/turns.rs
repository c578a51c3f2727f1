//! One command of a stream at a time, in this process.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};
use uuid::Uuid;

/// How many streams can have their turn at once; a fixed number, so that the turns take the same memory for any number of
/// streams. Two streams that share one only wait for each other.
const TURNS: usize = 4_096;

/// Whoever holds it is the only command of its stream in this process.
pub(super) type Turn = OwnedMutexGuard<()>;

#[derive(Debug)]
pub(super) struct Turns {
    hasher: RandomState,
    turns: Box<[Arc<Mutex<()>>]>,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self { hasher: RandomState::new(), turns: (0..TURNS).map(|_| Arc::default()).collect() }
    }

    pub(super) async fn take(&self, aggregate_type: &'static str, id: Uuid) -> Turn {
        let hash = self.hasher.hash_one((aggregate_type, id));
        let place = usize::try_from(hash % TURNS as u64).unwrap_or_default();
        Arc::clone(&self.turns[place]).lock_owned().await
    }
}
