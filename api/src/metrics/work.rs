//! The figures of work to do, of those who do it, and of the locks that stand.

use std::time::Duration;

use projections::copy_locks::Standing;
use projections::work_queue::{Backlog, WorkKind};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::labels::{Labels, Seconds};
use super::{Metrics, clamp};

/// What is attempted more than once. To start a finalisation again is no attempt at it.
const ATTEMPTED: [WorkKind; 2] = [WorkKind::Import, WorkKind::Finalise];

#[derive(Debug)]
pub(super) struct Work {
    items: Family<Labels<1>, Gauge>,
    oldest_age: Family<Labels<1>, Seconds>,
    slots: Gauge,
    in_hand: Family<Labels<1>, Gauge>,
    exhausted: Family<Labels<1>, Counter>,
    locks: Gauge,
    oldest_lock: Seconds,
    lapsed_locks: Gauge,
    longest_lapsed: Seconds,
}

impl Work {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let figures = Self {
            items: Family::default(),
            oldest_age: Family::default(),
            slots: Gauge::default(),
            in_hand: Family::default(),
            exhausted: Family::default(),
            locks: Gauge::default(),
            oldest_lock: Seconds::default(),
            lapsed_locks: Gauge::default(),
            longest_lapsed: Seconds::default(),
        };
        for kind in WorkKind::ALL {
            let labels = of(kind);
            drop(figures.items.get_or_create(&labels));
            drop(figures.oldest_age.get_or_create(&labels));
            drop(figures.in_hand.get_or_create(&labels));
        }
        for kind in ATTEMPTED {
            drop(figures.exhausted.get_or_create(&of(kind)));
        }
        let queue = registry.sub_registry_with_prefix("work_queue");
        queue.register("items", "Items of work to do", figures.items.clone());
        queue.register(
            "oldest_age_seconds",
            "Age of the oldest item of work to do",
            figures.oldest_age.clone(),
        );
        let work = registry.sub_registry_with_prefix("work");
        work.register("slots", "Attempts that this process makes at a time", figures.slots.clone());
        work.register("attempts_in_hand", "Attempts that this process has in hand", figures.in_hand.clone());
        let help =
            "Work that failed for the last time, though it might have ended well: it calls for a person";
        work.register("retries_exhausted", help, figures.exhausted.clone());
        let locks = registry.sub_registry_with_prefix("copy_locks");
        locks.register("standing", "Locks that stand on copies", figures.locks.clone());
        let help = "Time since the oldest lock that stands was taken";
        locks.register("oldest_age_seconds", help, figures.oldest_lock.clone());
        let help = "Locks whose lease is over and whose end nobody has recorded yet";
        locks.register("lapsed", help, figures.lapsed_locks.clone());
        let help = "Time since the lease ended that has been over for longest; 0 where none is";
        locks.register("longest_lapsed_seconds", help, figures.longest_lapsed.clone());
        figures
    }
}

const fn of(kind: WorkKind) -> Labels<1> {
    Labels([("kind", kind.as_str())])
}

/// An attempt in hand, until this is dropped.
#[derive(Debug)]
pub(crate) struct InHand(Metrics, WorkKind);

impl Drop for InHand {
    fn drop(&mut self) {
        self.0.record(|figures| figures.work.in_hand.get_or_create(&of(self.1)).dec());
    }
}

impl Metrics {
    /// How much work of a kind there is to do, and how old the oldest of it is.
    pub fn work_queue(&self, backlog: &Backlog) {
        self.record(|figures| {
            figures.work.items.get_or_create(&of(backlog.kind)).set(clamp(backlog.items));
            let age = Duration::from_millis(backlog.oldest_ms).as_secs_f64();
            figures.work.oldest_age.get_or_create(&of(backlog.kind)).set(age);
        });
    }

    /// How many attempts this process makes at a time.
    pub fn work_slots(&self, slots: usize) {
        self.record(|figures| figures.work.slots.set(clamp(slots)));
    }

    /// An attempt was begun.
    pub(crate) fn work_begun(&self, kind: WorkKind) -> InHand {
        self.record(|figures| figures.work.in_hand.get_or_create(&of(kind)).inc());
        InHand(self.clone(), kind)
    }

    /// The last attempt at something failed, though it might have ended well.
    pub fn retries_exhausted(&self, kind: WorkKind) {
        self.record(|figures| figures.work.exhausted.get_or_create(&of(kind)).inc());
    }

    /// The locks that stand.
    pub fn locks(&self, standing: &Standing) {
        let seconds = |milliseconds| Duration::from_millis(milliseconds).as_secs_f64();
        self.record(|figures| {
            figures.work.locks.set(clamp(standing.locks));
            figures.work.oldest_lock.set(seconds(standing.oldest_ms));
            figures.work.lapsed_locks.set(clamp(standing.lapsed));
            figures.work.longest_lapsed.set(seconds(standing.longest_lapsed_ms));
        });
    }
}
