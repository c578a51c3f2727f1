//! The figures of the log of accesses.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::labels::{Durations, Labels, durations};
use super::{Metrics, clamp};
use crate::access_log::Outcome;

/// Upper bounds of waiting for the log, in seconds.
const WAIT_SECONDS: [f64; 8] = [0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 2.0];
/// How surely a row is there before its answer leaves.
const STRENGTHS: [&str; 2] = ["committed", "queued"];
/// Whose refusals are left out.
const CALLERS: [&str; 2] = ["nobody", "known"];

#[derive(Debug)]
pub(super) struct AccessRows {
    rows: Family<Labels<1>, Counter>,
    left_out: Family<Labels<1>, Counter>,
    withheld: Family<Labels<1>, Counter>,
    failures: Counter,
    queue: Gauge,
    waits: Durations<1>,
}

impl AccessRows {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let figures = Self {
            rows: Family::default(),
            left_out: Family::default(),
            withheld: Family::default(),
            failures: Counter::default(),
            queue: Gauge::default(),
            waits: durations(|| Histogram::new(WAIT_SECONDS)),
        };
        for outcome in Outcome::ALL {
            drop(figures.rows.get_or_create(&Labels([("outcome", outcome.as_str())])));
        }
        for caller in CALLERS {
            drop(figures.left_out.get_or_create(&Labels([("caller", caller)])));
        }
        for strength in STRENGTHS {
            drop(figures.withheld.get_or_create(&Labels([("strength", strength)])));
            drop(figures.waits.get_or_create(&Labels([("strength", strength)])));
        }
        let registry = registry.sub_registry_with_prefix("access_log");
        registry.register("rows", "Rows that were written to the log of accesses", figures.rows.clone());
        let help = "Refusals beyond the budget, which are in the log as a count alone";
        registry.register("refusals_left_out", help, figures.left_out.clone());
        let help = "Answers that were withheld since the log of accesses could not be written";
        registry.register("withheld_answers", help, figures.withheld.clone());
        let help = "Batches that the log of accesses did not take; they are tried again";
        registry.register("failed_batches", help, figures.failures.clone());
        registry.register("queue_rows", "Rows that wait to be written", figures.queue.clone());
        let help = "How long answers waited for the log of accesses";
        registry.register("wait_seconds", help, figures.waits.clone());
        figures
    }
}

impl Metrics {
    /// So many rows with this outcome were written.
    pub(crate) fn access_log_wrote(&self, outcome: Outcome, rows: usize) {
        self.record(|figures| {
            let labels = Labels([("outcome", outcome.as_str())]);
            figures.access.rows.get_or_create(&labels).inc_by(rows as u64);
        });
    }

    /// A refusal was not written.
    pub(crate) fn access_log_left_out(&self, known: bool) {
        let labels = Labels([("caller", CALLERS[usize::from(known)])]);
        self.record(|figures| {
            figures.access.left_out.get_or_create(&labels).inc();
        });
    }

    /// An answer was not given.
    pub(crate) fn access_log_withheld(&self, strength: &'static str) {
        self.record(|figures| {
            figures.access.withheld.get_or_create(&Labels([("strength", strength)])).inc();
        });
    }

    /// A batch was not written.
    pub(crate) fn access_log_failed(&self) {
        self.record(|figures| figures.access.failures.inc());
    }

    /// So many rows wait.
    pub(crate) fn access_log_queue(&self, rows: usize) {
        self.record(|figures| figures.access.queue.set(clamp(rows)));
    }

    /// An answer waited so long for its row.
    pub(crate) fn access_log_waited(&self, strength: &'static str, took: Duration) {
        self.record(|figures| {
            let labels = Labels([("strength", strength)]);
            figures.access.waits.get_or_create(&labels).observe(took.as_secs_f64());
        });
    }
}
