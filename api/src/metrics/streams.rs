//! The figures of streams of events.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Metrics;
use super::labels::Labels;

/// Why streams end.
const ENDS: [&str; 5] = ["gone", "stopping", "token", "epoch", "failed"];

#[derive(Debug)]
pub(super) struct Streams {
    open: Gauge,
    events: Counter,
    ended: Family<Labels<1>, Counter>,
}

impl Streams {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let figures = Self { open: Gauge::default(), events: Counter::default(), ended: Family::default() };
        for why in ENDS {
            drop(figures.ended.get_or_create(&Labels([("why", why)])));
        }
        let registry = registry.sub_registry_with_prefix("event_streams");
        registry.register("open", "Streams of events that are open", figures.open.clone());
        let events = "Events that were handed to streams, each counted once for every stream";
        registry.register("sent_events", events, figures.events.clone());
        registry.register("ended", "Streams of events that ended, by why", figures.ended.clone());
        figures
    }
}

/// A stream that is open, until this is dropped.
#[derive(Debug)]
pub(crate) struct OpenStream(Metrics);

impl Metrics {
    /// A stream was opened.
    pub(crate) fn stream_opened(&self) -> OpenStream {
        self.record(|figures| figures.streams.open.inc());
        OpenStream(self.clone())
    }
}

impl OpenStream {
    /// So many events were handed to it.
    pub(crate) fn handed(&self, events: u64) {
        self.0.record(|figures| figures.streams.events.inc_by(events));
    }

    /// It ended for this reason, one of a closed set.
    pub(crate) fn ended(&self, why: &'static str) {
        self.0.record(|figures| {
            figures.streams.ended.get_or_create(&Labels([("why", why)])).inc();
        });
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.record(|figures| figures.streams.open.dec());
    }
}
