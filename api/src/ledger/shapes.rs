//! The versions of events, as cqrs-es meets them when it loads a stream.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cqrs_es::Aggregate;
use cqrs_es::persist::{EventUpcaster, SerializedEvent};
use domain::Reader;
use domain::shape::Reading;
use domain::upcast::Upcaster;

/// Brings older events of one load up to date, and notes whether there is one that this build does not know: cqrs-es asks
/// for no version, and would read a newer one as far as its fields allow.
#[derive(Clone, Debug)]
pub(super) struct Shapes {
    upcaster: Upcaster,
    met_unknown: Arc<AtomicBool>,
}

impl Shapes {
    pub(super) fn of<A: Aggregate>() -> Self {
        Self { upcaster: Upcaster { aggregate_type: A::TYPE }, met_unknown: Arc::default() }
    }

    /// Whether an event was met that this build does not know.
    pub(super) fn met_unknown(&self) -> bool {
        self.met_unknown.load(Ordering::Relaxed)
    }
}

impl EventUpcaster for Shapes {
    fn can_upcast(&self, event_type: &str, event_version: &str) -> bool {
        match Reader::CURRENT.reading(self.upcaster.aggregate_type, event_type, event_version) {
            Reading::AsWritten(_) => false,
            Reading::Upcast(_) => true,
            Reading::Unknown => {
                self.met_unknown.store(true, Ordering::Relaxed);
                false
            }
        }
    }

    fn upcast(&self, event: SerializedEvent) -> SerializedEvent {
        self.upcaster.upcast(event)
    }
}
