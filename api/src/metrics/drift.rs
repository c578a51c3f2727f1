//! The figures of the check of views against their events.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::labels::Labels;
use super::{Metrics, clamp};

#[derive(Debug)]
pub(super) struct Drift {
    rows: Family<Labels<1>, Gauge>,
    streams: Counter,
}

impl Drift {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let figures = Self { rows: Family::default(), streams: Counter::default() };
        for (view, _) in projections::views::ALL {
            drop(figures.rows.get_or_create(&Labels([("projection", view.name)])));
        }
        let registry = registry.sub_registry_with_prefix("projection");
        let rows = "Rows that the check found to differ from their events, and that still do";
        registry.register("drift_rows", rows, figures.rows.clone());
        let streams = "Copies and exams whose rows were held to their events";
        registry.register("drift_checked_streams", streams, figures.streams.clone());
        figures
    }
}

impl Metrics {
    /// How many rows of a view are known to differ from their events.
    pub fn drift_rows(&self, view: &'static str, rows: u64) {
        self.record(|figures| {
            figures.drift.rows.get_or_create(&Labels([("projection", view)])).set(clamp(rows));
        });
    }

    /// So many more streams were held to their events.
    pub fn drift_checked(&self, streams: u64) {
        self.record(|figures| figures.drift.streams.inc_by(streams));
    }
}
