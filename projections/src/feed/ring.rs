//! The newest events, held once for everyone who follows them.

use std::collections::VecDeque;
use std::sync::Arc;

use uuid::Uuid;

use super::{FeedEvent, FeedFilter, FeedLimits, FeedSize};

/// Consecutive events up to the last one that was read. There is no gap in it, so that whoever is inside can go on here.
#[derive(Debug)]
pub(super) struct Ring {
    pub(super) epoch: Uuid,
    begins_after: i64,
    events: VecDeque<Arc<FeedEvent>>,
    bytes: usize,
}

/// What a ring has for someone who has seen everything up to a position.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) events: Vec<Arc<FeedEvent>>,
    pub(super) scanned_to: i64,
}

impl Ring {
    /// One that begins after a position and holds nothing yet.
    pub(super) const fn after(epoch: Uuid, position: i64) -> Self {
        Self { epoch, begins_after: position, events: VecDeque::new(), bytes: 0 }
    }

    /// The last position that it knows.
    pub(super) fn last(&self) -> i64 {
        self.events.back().map_or(self.begins_after, |event| event.position)
    }

    /// Takes in the next event, in the place of the oldest ones where there is no room.
    pub(super) fn push(&mut self, event: Arc<FeedEvent>, limits: &FeedLimits) {
        self.bytes += event.bytes();
        self.events.push_back(event);
        while self.events.len() > limits.tail_events || self.bytes > limits.tail_bytes {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= oldest.bytes();
            self.begins_after = oldest.position;
        }
    }

    /// What follows `position`; none where that lies outside.
    pub(super) fn following(&self, position: i64, filter: &FeedFilter, size: FeedSize) -> Option<Held> {
        let skipped = usize::try_from(position.checked_sub(self.begins_after)?).ok()?;
        if skipped > self.events.len() {
            return None;
        }
        let mut held = Held { events: Vec::new(), scanned_to: position };
        let mut bytes = 0;
        for event in self.events.range(skipped..) {
            held.scanned_to = event.position;
            if !filter.matches(event) {
                continue;
            }
            bytes += event.bytes();
            held.events.push(Arc::clone(event));
            if held.events.len() >= size.events || bytes >= size.bytes {
                break;
            }
        }
        Some(held)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails there")]

    use domain::{Digest, Timestamp};

    use super::*;

    fn event(position: i64) -> Arc<FeedEvent> {
        let id = Uuid::from_u128(position.unsigned_abs().into());
        Arc::new(FeedEvent {
            position,
            epoch: Uuid::nil(),
            event_id: id,
            stream_type: "Exam".to_owned(),
            stream_id: id.to_string(),
            sequence: 1,
            event_type: "ExamCreated".to_owned(),
            event_version: "1".to_owned(),
            payload: "{}".to_owned(),
            metadata: "{}".to_owned(),
            recorded_at: Timestamp::from_micros(0),
            leaf: Digest::ZERO,
            exam: Some(id),
        })
    }

    /// Positions 8 to 10, of 10 that were pushed into a ring which began after 4.
    fn ring() -> Ring {
        let limits = FeedLimits { tail_events: 3, ..FeedLimits::default() };
        let mut ring = Ring::after(Uuid::nil(), 4);
        (5..=10).for_each(|position| ring.push(event(position), &limits));
        ring
    }

    fn positions(ring: &Ring, after: i64, events: usize) -> Option<(Vec<i64>, i64)> {
        let held = ring.following(after, &FeedFilter::default(), FeedSize { events, bytes: usize::MAX })?;
        Some((held.events.iter().map(|event| event.position).collect(), held.scanned_to))
    }

    #[test]
    fn whoever_is_inside_gets_what_follows_without_a_gap() {
        let ring = ring();
        assert_eq!(positions(&ring, 7, 9), Some((vec![8, 9, 10], 10)));
        assert_eq!(positions(&ring, 9, 9), Some((vec![10], 10)));
        assert_eq!(positions(&ring, 7, 2), Some((vec![8, 9], 9)));
    }

    #[test]
    fn whoever_has_all_gets_nothing_and_whoever_is_outside_is_sent_elsewhere() {
        let ring = ring();
        assert_eq!(positions(&ring, 10, 9), Some((vec![], 10)));
        assert_eq!(positions(&ring, 6, 9), None, "7 was let go");
        assert_eq!(positions(&ring, 11, 9), None);
        assert_eq!(ring.last(), 10);
    }

    #[test]
    fn what_is_not_asked_for_is_passed_over_all_the_same() {
        let ring = ring();
        let filter = FeedFilter { exam: Some(domain::ExamId(Uuid::from_u128(9))), ..FeedFilter::default() };
        let held = ring.following(7, &filter, FeedSize { events: 9, bytes: usize::MAX }).unwrap();
        assert_eq!((held.events.len(), held.events[0].position, held.scanned_to), (1, 9, 10));
    }

    #[test]
    fn a_ring_of_few_bytes_holds_few_events() {
        let limits = FeedLimits { tail_bytes: 2 * event(1).bytes(), ..FeedLimits::default() };
        let mut ring = Ring::after(Uuid::nil(), 0);
        (1..=10).for_each(|position| ring.push(event(position), &limits));
        assert_eq!(positions(&ring, 8, 9), Some((vec![9, 10], 10)));
        assert_eq!(positions(&ring, 7, 9), None);
    }
}
