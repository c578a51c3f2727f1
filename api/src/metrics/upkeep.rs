//! The figures of what the service stands on: its build, its connections, its log, and the figures themselves.

use std::sync::atomic::Ordering;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::labels::Labels;
use super::{Metrics, clamp};

/// The logs that there can be: of `crate::logs`.
const LOGS: [&str; 3] = ["stdout", "ledger", "audit"];

#[derive(Debug)]
pub(super) struct Upkeep {
    pool: Family<Labels<2>, Gauge>,
    pool_max: Family<Labels<1>, Gauge>,
    dropped_lines: Family<Labels<1>, Counter>,
    stale_figures: Family<Labels<1>, Counter>,
}

impl Upkeep {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let figures = Self {
            pool: Family::default(),
            pool_max: Family::default(),
            dropped_lines: Family::default(),
            stale_figures: Family::default(),
        };
        for log in LOGS {
            drop(figures.dropped_lines.get_or_create(&Labels([("log", log)])));
        }
        let build = Family::<Labels<1>, Gauge>::default();
        build.get_or_create(&Labels([("version", env!("CARGO_PKG_VERSION"))])).set(1);
        registry.register("gradeledger_build_info", "1, with the version of the build that runs", build);
        let pools = registry.sub_registry_with_prefix("database_pool");
        pools.register("connections", "Connections of a pool, by use", figures.pool.clone());
        pools.register("max_connections", "Connections that a pool may have", figures.pool_max.clone());
        let dropped = "Log lines that were lost because their queue was full or they could not be written";
        registry.register("log_dropped_lines", dropped, figures.dropped_lines.clone());
        let stale = "Times that a source of figures was not read within its bound: its last figures stand";
        registry.register("metrics_stale_figures", stale, figures.stale_figures.clone());
        figures
    }
}

impl Metrics {
    /// How a pool of connections is used.
    pub fn pool(&self, pool: &'static str, open: u32, idle: usize, most: u32) {
        let idle = clamp(idle);
        let used = (i64::from(open) - idle).max(0);
        self.record(|figures| {
            for (state, connections) in [("idle", idle), ("used", used)] {
                let labels = Labels([("pool", pool), ("state", state)]);
                figures.upkeep.pool.get_or_create(&labels).set(connections);
            }
            figures.upkeep.pool_max.get_or_create(&Labels([("pool", pool)])).set(i64::from(most));
        });
    }

    /// Lines of a log that were dropped since the start.
    pub fn dropped_lines(&self, log: &'static str, lines: usize) {
        self.record(|figures| {
            let dropped = figures.upkeep.dropped_lines.get_or_create(&Labels([("log", log)]));
            // It is counted elsewhere, and never falls.
            dropped.inner().fetch_max(lines as u64, Ordering::Relaxed);
        });
    }

    /// A source of figures was not read in time; its last values stand.
    pub(super) fn stale(&self, source: &'static str) {
        self.record(|figures| {
            figures.upkeep.stale_figures.get_or_create(&Labels([("source", source)])).inc();
        });
    }

    /// Has a source's figure at zero from the start.
    pub(super) fn source(&self, source: &'static str) {
        self.record(|figures| {
            drop(figures.upkeep.stale_figures.get_or_create(&Labels([("source", source)])));
        });
    }
}
