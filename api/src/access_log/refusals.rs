//! The budget of refusals: so many are written in a span of time, and the others are counted, so that whoever knocks without end
//! fills neither the disk nor the queue.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::ActorId;

use super::{Access, Outcome};

/// What a process takes in of refusals. Callers who are known and those who are nobody have budgets of their own: noise from
/// outside hides nothing of what somebody with a token tries, and nobody with a token what another tries.
#[derive(Debug)]
pub(super) struct Refusals {
    most: u32,
    most_each: u32,
    every: Duration,
    spans: Mutex<[Span; 2]>,
}

#[derive(Debug)]
struct Span {
    began: Instant,
    taken: u32,
    left_out: u64,
    /// Of each caller.
    of: HashMap<ActorId, u32>,
}

impl Refusals {
    pub(super) fn new((most, most_each): (u32, u32), every: Duration) -> Self {
        let span = || Span { began: Instant::now(), taken: 0, left_out: 0, of: HashMap::new() };
        Self { most, most_each, every, spans: Mutex::new([span(), span()]) }
    }

    /// Whether there is room for another one.
    pub(super) fn admit(&self, caller: Option<ActorId>, now: Instant) -> bool {
        let mut spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        let span = &mut spans[usize::from(caller.is_some())];
        if now.duration_since(span.began) >= self.every {
            (span.began, span.taken) = (now, 0);
            span.of.clear();
        }
        let of_caller = caller.and_then(|caller| span.of.get(&caller)).copied().unwrap_or_default();
        let is_room = span.taken < self.most && (caller.is_none() || of_caller < self.most_each);
        span.taken += u32::from(is_room);
        // No more of them than are taken in.
        if let Some(caller) = caller.filter(|_| is_room) {
            span.of.insert(caller, of_caller + 1);
        }
        is_room
    }

    /// One was not written.
    pub(super) fn leave_out(&self, known: bool) {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)[usize::from(known)].left_out += 1;
    }

    /// How many were not written since this was asked last, as rows.
    pub(super) fn left_out(&self) -> Vec<Access> {
        let mut spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = spans.iter_mut().map(|span| std::mem::take(&mut span.left_out));
        counts
            .filter(|times| *times > 0)
            .map(|times| Access::of_many(None, Outcome::LeftOut, times))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_span_has_its_budget_and_what_is_beyond_it_is_counted_once() {
        let refusals = Refusals::new((3, 2), Duration::from_secs(60));
        let now = Instant::now();
        let taken = |caller, now| (0..5).filter(|_| refusals.admit(caller, now)).count();
        let [anna, bob] = [1, 2].map(|id| Some(ActorId(uuid::Uuid::from_u128(id))));
        assert_eq!(taken(None, now), 3);
        assert_eq!(taken(anna, now), 2, "noise of nobody takes nothing from those who are known");
        assert_eq!(taken(bob, now), 1, "nobody takes all");
        assert_eq!(taken(None, now + Duration::from_secs(61)), 3);
        assert_eq!(taken(bob, now + Duration::from_secs(61)), 2);
        (0..3).for_each(|_| refusals.leave_out(false));
        let rows = refusals.left_out();
        assert_eq!(
            rows.iter().map(|row| (row.outcome, row.times)).collect::<Vec<_>>(),
            [(Outcome::LeftOut, 3)]
        );
        assert!(refusals.left_out().is_empty());
    }
}
