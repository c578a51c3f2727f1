//! The figures of the append path.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::labels::Labels;
use super::{Metrics, clamp};
use crate::ledger::{AppendSeen, NotAppended};

/// Upper bounds of batches, in commands.
const BATCH_COMMANDS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// Upper bounds of appends, in seconds.
const APPEND_SECONDS: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5];

#[derive(Debug)]
pub(super) struct Append {
    batches: Histogram,
    appends: Histogram,
    events: Counter,
    overtaken: Counter,
    connections_lost: Counter,
    refused: Family<Labels<1>, Counter>,
    queue: Gauge,
    position: Gauge,
}

impl Append {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let figures = Self {
            batches: Histogram::new(BATCH_COMMANDS),
            appends: Histogram::new(APPEND_SECONDS),
            events: Counter::default(),
            overtaken: Counter::default(),
            connections_lost: Counter::default(),
            refused: Family::default(),
            queue: Gauge::default(),
            position: Gauge::default(),
        };
        for why in NotAppended::ALL {
            drop(figures.refused.get_or_create(&Labels([("reason", why.label())])));
        }
        let registry = registry.sub_registry_with_prefix("ledger");
        registry.register("append_batch_commands", "Commands in one append", figures.batches.clone());
        let help = "From a batch being closed to its commit";
        registry.register("append_duration_seconds", help, figures.appends.clone());
        registry.register("appended_events", "Events that this process has appended", figures.events.clone());
        let help = "Commands that were decided again since another process had gone on with their stream";
        registry.register("append_overtaken", help, figures.overtaken.clone());
        let help = "Times that the connection that appends was lost under a batch, which was sent again";
        registry.register("append_connections_lost", help, figures.connections_lost.clone());
        let help = "Commands that were not carried out though no rule refused them, by why";
        registry.register("append_refused", help, figures.refused.clone());
        let help = "Commands in flight: they wait for their stream, are being decided, or queued";
        registry.register("append_queue_commands", help, figures.queue.clone());
        registry.register("position", "Position of the ledger's last event", figures.position.clone());
        figures
    }
}

impl Metrics {
    /// Something happened on the append path.
    pub fn appending(&self, seen: AppendSeen) {
        self.record(|figures| {
            let append = &figures.append;
            match seen {
                AppendSeen::Batch(batch) => {
                    // Exact far beyond any batch.
                    append.batches.observe(u32::try_from(batch.commands).map_or(f64::MAX, f64::from));
                    append.appends.observe(batch.duration.as_secs_f64());
                    append.events.inc_by(batch.events as u64);
                }
                AppendSeen::Overtaken => _ = append.overtaken.inc(),
                AppendSeen::ConnectionLost => _ = append.connections_lost.inc(),
                AppendSeen::NotAppended(why) => {
                    append.refused.get_or_create(&Labels([("reason", why.label())])).inc();
                }
            }
        });
    }

    /// Commands that are in flight now.
    pub fn append_queue(&self, commands: usize) {
        self.record(|figures| figures.append.queue.set(clamp(commands)));
    }

    /// Position of the ledger's last event.
    pub fn ledger_position(&self, position: i64) {
        self.record(|figures| figures.append.position.set(position));
    }
}
