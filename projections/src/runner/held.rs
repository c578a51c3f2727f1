//! States that a leader keeps between batches, the ones used last, within a number of bytes.

use std::collections::{BTreeMap, HashMap};

use crate::projector::Projector;
use crate::stream::StreamId;

/// What a leader keeps. Whatever is not committed is dropped with its batch, so that this never runs ahead of the rows.
pub(super) struct Held<P: Projector> {
    states: HashMap<StreamId, Kept<P::State>>,
    by_use: BTreeMap<u64, StreamId>,
    uses: u64,
    weight: usize,
}

struct Kept<S> {
    state: S,
    weight: usize,
    used: u64,
}

impl<P: Projector> Held<P> {
    pub(super) fn new() -> Self {
        Self { states: HashMap::new(), by_use: BTreeMap::new(), uses: 0, weight: 0 }
    }

    /// The state of a stream, to fold into; it is kept no longer, until it comes back by [`Held::keep`].
    pub(super) fn take(&mut self, stream: StreamId) -> Option<P::State> {
        let kept = self.states.remove(&stream)?;
        self.by_use.remove(&kept.used);
        self.weight -= kept.weight;
        Some(kept.state)
    }

    /// Keeps a state whose rows are committed, in the place of those that were used longest ago.
    pub(super) fn keep(&mut self, stream: StreamId, state: P::State) {
        let weight = P::weight(&state).max(1);
        if weight > P::HELD_BYTES {
            return;
        }
        while self.weight + weight > P::HELD_BYTES {
            let Some((_, oldest)) = self.by_use.pop_first() else { break };
            if let Some(kept) = self.states.remove(&oldest) {
                self.weight -= kept.weight;
            }
        }
        self.uses += 1;
        self.weight += weight;
        self.by_use.insert(self.uses, stream);
        self.states.insert(stream, Kept { state, weight, used: self.uses });
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }
}
