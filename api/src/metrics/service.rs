//! The figures of the service itself: requests, appends, projections, queues, pools.

use std::time::Duration;

use http::StatusCode;
use projections::Poison;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::Metrics;
use super::labels::{Labels, Told};

/// Upper bounds of answers, in seconds.
const ANSWER_SECONDS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0];
/// Upper bounds of append batches, in commands.
const BATCH_COMMANDS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// Upper bounds of appends, in seconds.
const APPEND_SECONDS: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5];

type Durations<const N: usize> = Family<Labels<N>, Histogram, fn() -> Histogram>;
type Seconds = Gauge<f64, std::sync::atomic::AtomicU64>;

#[derive(Debug)]
pub(super) struct Service {
    requests: Family<Labels<3>, Counter>,
    answers: Durations<2>,
    open_connections: Gauge,
    batches: Histogram,
    appends: Histogram,
    append_queue: Gauge,
    position: Gauge,
    projected: Family<Labels<1>, Gauge>,
    lag_events: Family<Labels<1>, Gauge>,
    lag_seconds: Family<Labels<1>, Seconds>,
    stuck_seconds: Family<Labels<1>, Seconds>,
    stopped: Family<Labels<1>, Gauge>,
    poison: Family<Told, Gauge>,
    parked_streams: Family<Labels<1>, Gauge>,
    queue_depth: Family<Labels<1>, Gauge>,
    queue_age: Family<Labels<1>, Seconds>,
    pool: Family<Labels<2>, Gauge>,
    dropped_lines: Family<Labels<1>, Gauge>,
    stale_figures: Family<Labels<1>, Counter>,
}

impl Service {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let figures = Self {
            requests: Family::default(),
            answers: Durations::new_with_constructor(|| Histogram::new(ANSWER_SECONDS)),
            open_connections: Gauge::default(),
            batches: Histogram::new(BATCH_COMMANDS),
            appends: Histogram::new(APPEND_SECONDS),
            append_queue: Gauge::default(),
            position: Gauge::default(),
            projected: Family::default(),
            lag_events: Family::default(),
            lag_seconds: Family::default(),
            stuck_seconds: Family::default(),
            stopped: Family::default(),
            poison: Family::default(),
            parked_streams: Family::default(),
            queue_depth: Family::default(),
            queue_age: Family::default(),
            pool: Family::default(),
            dropped_lines: Family::default(),
            stale_figures: Family::default(),
        };
        figures.register_http(registry);
        figures.register_ledger(registry);
        figures.register_rest(registry);
        figures
    }

    fn register_http(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("http");
        registry.register("requests", "Requests, by route template", self.requests.clone());
        let name = "request_duration_seconds";
        registry.register(name, "From the end of a request's headers to its answer", self.answers.clone());
        registry.register("open_connections", "Connections that are open", self.open_connections.clone());
    }

    fn register_ledger(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("ledger");
        registry.register("append_batch_commands", "Commands in one append", self.batches.clone());
        let name = "append_duration_seconds";
        registry.register(name, "One call of append_events, its commit included", self.appends.clone());
        registry.register(
            "append_queue_commands",
            "Commands that wait for a batch",
            self.append_queue.clone(),
        );
        registry.register("position", "Position of the last event", self.position.clone());
    }

    fn register_rest(&self, registry: &mut Registry) {
        let projection = registry.sub_registry_with_prefix("projection");
        projection.register("position", "Last position that a view has", self.projected.clone());
        projection.register("lag_events", "Events that a view has yet to see", self.lag_events.clone());
        let lag = "Age of the oldest event that a view has yet to see";
        projection.register("lag_seconds", lag, self.lag_seconds.clone());
        let stuck = "Time that a view has stood still with events to fold; 0 where it moves or has all";
        projection.register("stuck_seconds", stuck, self.stuck_seconds.clone());
        projection.register("stopped", "1 where a view has stopped on an event", self.stopped.clone());
        projection.register(
            "poison",
            "The event that a view has stopped on, while it does",
            self.poison.clone(),
        );
        let parked = "Streams that a view leaves out, since they are parked";
        projection.register("parked_streams", parked, self.parked_streams.clone());
        let queue = registry.sub_registry_with_prefix("work_queue");
        queue.register("items", "Items of work to do", self.queue_depth.clone());
        queue.register("oldest_age_seconds", "Age of the oldest item of work to do", self.queue_age.clone());
        registry.register("database_pool_connections", "Connections of a pool, by use", self.pool.clone());
        let dropped = "Log lines dropped since the start because their queue was full";
        registry.register("log_dropped_lines", dropped, self.dropped_lines.clone());
        let stale = "Times that a source of figures was not read within its bound";
        registry.register("metrics_stale_figures", stale, self.stale_figures.clone());
    }
}

impl Metrics {
    /// Has a route's figures at zero from the start.
    pub(crate) fn route(&self, method: &'static str, template: &'static str) {
        drop(self.0.service.answers.get_or_create(&Labels([("method", method), ("route", template)])));
    }

    /// A request was answered. `template` is that of its route, never its path.
    pub(crate) fn answered(
        &self,
        method: &'static str,
        template: &'static str,
        status: StatusCode,
        took: Duration,
    ) {
        let class = class(status);
        let labels = Labels([("method", method), ("route", template), ("status", class)]);
        self.0.service.requests.get_or_create(&labels).inc();
        let labels = Labels([("method", method), ("route", template)]);
        self.0.service.answers.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// A connection was taken.
    pub(crate) fn connection_opened(&self) {
        self.0.service.open_connections.inc();
    }

    /// A connection ended.
    pub(crate) fn connection_closed(&self) {
        self.0.service.open_connections.dec();
    }

    /// One call of `append_events` with this many commands took this long.
    pub fn appended(&self, commands: usize, took: Duration) {
        // Exact far beyond any batch.
        self.0.service.batches.observe(u32::try_from(commands).map_or(f64::MAX, f64::from));
        self.0.service.appends.observe(took.as_secs_f64());
    }

    /// Commands that are in flight now.
    pub fn append_queue(&self, commands: usize) {
        self.0.service.append_queue.set(clamp(commands));
    }

    /// Position of the ledger's last event.
    pub fn ledger_position(&self, position: i64) {
        self.0.service.position.set(position);
    }

    /// How far a view is. `behind` is the age of the oldest event that it has yet to see.
    pub fn projection(&self, view: &'static str, position: i64, head: i64, behind: Duration) {
        let labels = Labels([("projection", view)]);
        self.0.service.projected.get_or_create(&labels).set(position);
        self.0.service.lag_events.get_or_create(&labels).set((head - position).max(0));
        self.0.service.lag_seconds.get_or_create(&labels).set(behind.as_secs_f64());
    }

    /// How long a view has stood still with events to fold, and whether it has stopped on one of them.
    pub fn projection_stuck(&self, view: &'static str, still: Duration, stopped: bool) {
        let labels = Labels([("projection", view)]);
        self.0.service.stuck_seconds.get_or_create(&labels).set(still.as_secs_f64());
        self.0.service.stopped.get_or_create(&labels).set(i64::from(stopped));
    }

    /// Which events stop views now, instead of those that did when it was last asked.
    pub fn projections_poisoned<'a>(&self, poisoned: impl IntoIterator<Item = (&'static str, &'a Poison)>) {
        let told: Vec<Told> = poisoned.into_iter().map(|(view, poison)| Told::of(view, poison)).collect();
        // A series of an event that stops nothing any more must not stand beside the others.
        self.0.service.poison.clear();
        for labels in told {
            self.0.service.poison.get_or_create(&labels).set(1);
        }
    }

    /// How many streams a view leaves out.
    pub fn projection_parked(&self, view: &'static str, streams: u64) {
        let streams = i64::try_from(streams).unwrap_or(i64::MAX);
        self.0.service.parked_streams.get_or_create(&Labels([("projection", view)])).set(streams);
    }

    /// How much work of a kind there is to do, and how old the oldest of it is.
    pub fn work_queue(&self, kind: &'static str, items: i64, oldest: Duration) {
        let labels = Labels([("kind", kind)]);
        self.0.service.queue_depth.get_or_create(&labels).set(items);
        self.0.service.queue_age.get_or_create(&labels).set(oldest.as_secs_f64());
    }

    /// How a pool of connections is used.
    pub fn pool(&self, pool: &'static str, open: u32, idle: usize) {
        let idle = clamp(idle);
        let used = (i64::from(open) - idle).max(0);
        for (state, connections) in [("idle", idle), ("used", used)] {
            self.0.service.pool.get_or_create(&Labels([("pool", pool), ("state", state)])).set(connections);
        }
    }

    /// Lines of a log that were dropped since the start.
    pub fn dropped_lines(&self, log: &'static str, lines: usize) {
        self.0.service.dropped_lines.get_or_create(&Labels([("log", log)])).set(clamp(lines));
    }

    /// A source of figures was not read in time; its last values stand.
    pub(super) fn stale(&self, source: &'static str) {
        self.0.service.stale_figures.get_or_create(&Labels([("source", source)])).inc();
    }

    /// Has a source's figure at zero from the start.
    pub(super) fn source(&self, source: &'static str) {
        drop(self.0.service.stale_figures.get_or_create(&Labels([("source", source)])));
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        500.. => "5xx",
    }
}

fn clamp(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
