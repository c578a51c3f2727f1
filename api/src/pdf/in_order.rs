//! Work in parallel, results in order, memory bounded.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How many results each thread may be ahead of the next one to be handed over.
const AHEAD_PER_THREAD: usize = 2;

/// Calls `make` for `0..count` on `threads` threads and hands the results to `emit` in order, on the calling
/// thread.
///
/// At most `threads * AHEAD_PER_THREAD` results are made or held before they are handed over, whatever `count`
/// is. The first error of `emit` stops the work and is returned; pages that other threads are in the middle of
/// are finished and dropped. `make` must not panic.
///
/// # Errors
/// The first error of `emit`.
pub(crate) fn make_in_order<T: Send, E>(
    count: usize,
    threads: usize,
    make: impl Fn(usize) -> T + Sync,
    mut emit: impl FnMut(T) -> Result<(), E>,
    mut spawn_failed: impl FnMut(std::io::Error) -> E,
) -> Result<(), E> {
    let queue = Queue::new(count, threads.max(1) * AHEAD_PER_THREAD);
    std::thread::scope(|scope| {
        // Whatever way this closure ends, no thread may be left waiting for room.
        let _stop = StopOnDrop(&queue);
        for index in 0..threads.clamp(1, count.max(1)) {
            let thread = std::thread::Builder::new()
                .name(format!("page-{index}"))
                .stack_size(THREAD_STACK_BYTES)
                .spawn_scoped(scope, || {
                    while let Some(index) = queue.take_next() {
                        queue.put(index, make(index));
                    }
                });
            if let Err(error) = thread {
                // One thread is enough to make progress.
                if index == 0 {
                    return Err(spawn_failed(error));
                }
                break;
            }
        }
        for index in 0..count {
            emit(queue.wait_for(index))?;
        }
        Ok(())
    })
}

/// Content streams nest (forms in forms), and the reader follows them by recursion.
const THREAD_STACK_BYTES: usize = 16 * 1024 * 1024;

struct Queue<T> {
    state: Mutex<QueueState<T>>,
    changed: Condvar,
    count: usize,
    ahead_max: usize,
}

struct QueueState<T> {
    next_to_make: usize,
    next_to_emit: usize,
    made: BTreeMap<usize, T>,
    stopped: bool,
}

impl<T> Queue<T> {
    fn new(count: usize, ahead_max: usize) -> Self {
        let state = QueueState { next_to_make: 0, next_to_emit: 0, made: BTreeMap::new(), stopped: false };
        Self { state: Mutex::new(state), changed: Condvar::new(), count, ahead_max }
    }

    fn lock(&self) -> MutexGuard<'_, QueueState<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next index to work on, once there is room for its result; `None` when nothing is left to do.
    fn take_next(&self) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.stopped || state.next_to_make == self.count {
                return None;
            }
            if state.next_to_make < state.next_to_emit + self.ahead_max {
                let index = state.next_to_make;
                state.next_to_make += 1;
                return Some(index);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn put(&self, index: usize, made: T) {
        self.lock().made.insert(index, made);
        self.changed.notify_all();
    }

    fn wait_for(&self, index: usize) -> T {
        let mut state = self.lock();
        loop {
            if let Some(made) = state.made.remove(&index) {
                state.next_to_emit = index + 1;
                self.changed.notify_all();
                return made;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

struct StopOnDrop<'a, T>(&'a Queue<T>);

impl<T> Drop for StopOnDrop<'_, T> {
    fn drop(&mut self) {
        self.0.lock().stopped = true;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn results_come_in_order_and_never_further_ahead_than_the_bound() {
        let threads = 3;
        let made = AtomicUsize::new(0);
        let mut seen = Vec::new();
        let outcome: Result<(), Infallible> = make_in_order(
            200,
            threads,
            |index| {
                made.fetch_add(1, Ordering::SeqCst);
                // The first of each group takes longest, so that results are made out of order.
                (0..(7 - index % 7) * 2_000).fold(index, |sum, step| sum ^ std::hint::black_box(step));
                index
            },
            |index| {
                let ahead = made.load(Ordering::SeqCst) - seen.len();
                assert!(
                    ahead <= threads * AHEAD_PER_THREAD + 1,
                    "{ahead} results were made and not handed over"
                );
                seen.push(index);
                Ok(())
            },
            |error| panic!("{error}"),
        );
        outcome.unwrap();
        assert_eq!(seen, (0..200).collect::<Vec<_>>());
    }

    #[test]
    fn an_error_of_the_receiver_ends_the_work_early() {
        let made = AtomicUsize::new(0);
        let outcome = make_in_order(
            1_000_000,
            2,
            |index| made.fetch_add(1, Ordering::SeqCst).max(index),
            |index| if index < 10 { Ok(()) } else { Err("full") },
            |error| panic!("{error}"),
        );
        assert_eq!(outcome, Err("full"));
        assert!(made.load(Ordering::SeqCst) < 100);
    }

    #[test]
    fn nothing_to_do_is_done_at_once() {
        let outcome: Result<(), Infallible> =
            make_in_order(0, 4, |index| index, |_| Ok(()), |error| panic!("{error}"));
        outcome.unwrap();
    }
}
