//! One command of a stream at a time, in this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

type Stream = (&'static str, Uuid);
type Waiting = Arc<tokio::sync::Mutex<()>>;

/// The streams that have a command in flight. There are no more of them than commands are admitted.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns(Arc<Mutex<HashMap<Stream, Waiting>>>);

/// Whoever holds it is the only command of its stream in this process.
#[derive(Debug)]
pub(super) struct Turn {
    // Dropped in this order: the next one gets its turn, then the stream is forgotten if there is no next one.
    _turn: OwnedMutexGuard<()>,
    _place: Place,
}

impl Turns {
    /// Waits for this stream's turn; first come, first served.
    pub(super) async fn take(&self, aggregate_type: &'static str, id: Uuid) -> Turn {
        let stream = (aggregate_type, id);
        let waiting = Arc::clone(self.streams().entry(stream).or_default());
        let place = Place { turns: self.clone(), stream, waiting: Some(Arc::clone(&waiting)) };
        Turn { _turn: waiting.lock_owned().await, _place: place }
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<Stream, Waiting>> {
        // Nothing that is done under the lock can leave the map in halves.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Being among those who wait for a stream, or have it.
#[derive(Debug)]
struct Place {
    turns: Turns,
    stream: Stream,
    waiting: Option<Waiting>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut streams = self.turns.streams();
        drop(self.waiting.take());
        // Others join under the same lock, so where the map's own is the last one, nobody waits.
        if streams.get(&self.stream).is_some_and(|waiting| Arc::strong_count(waiting) == 1) {
            streams.remove(&self.stream);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails there")]

    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_stream_has_one_turn_at_a_time_and_is_forgotten_after_the_last() {
        let (turns, id) = (Turns::default(), Uuid::now_v7());
        let first = turns.take("ExamCopy", id).await;
        let other = turns.take("Exam", id).await;
        assert!(timeout(Duration::from_millis(5), turns.take("ExamCopy", id)).await.is_err());
        assert_eq!(turns.streams().len(), 2, "one that gave up waiting leaves nothing");
        drop(other);
        let next = tokio::spawn({
            let turns = turns.clone();
            async move { drop(turns.take("ExamCopy", id).await) }
        });
        drop(first);
        next.await.unwrap();
        assert!(turns.streams().is_empty());
    }
}
