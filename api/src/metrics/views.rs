//! The figures of the views and of what folds them.

use std::time::Duration;

use projections::ProjectionStatus;
use projections::views::ALL as VIEWS;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::labels::{Labels, Seconds};
use super::{Metrics, clamp};

#[derive(Debug)]
pub(super) struct Progress {
    position: Family<Labels<1>, Gauge>,
    lag_events: Family<Labels<1>, Gauge>,
    lag_seconds: Family<Labels<1>, Seconds>,
    stuck_seconds: Family<Labels<1>, Seconds>,
    led: Family<Labels<1>, Gauge>,
    stopped: Family<Labels<1>, Gauge>,
    poison_position: Family<Labels<1>, Gauge>,
    parked_streams: Family<Labels<1>, Gauge>,
}

impl Progress {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let figures = Self {
            position: Family::default(),
            lag_events: Family::default(),
            lag_seconds: Family::default(),
            stuck_seconds: Family::default(),
            led: Family::default(),
            stopped: Family::default(),
            poison_position: Family::default(),
            parked_streams: Family::default(),
        };
        figures.begin_at_zero();
        let registry = registry.sub_registry_with_prefix("projection");
        let mut gauge = |name, help: &str, gauge: &Family<Labels<1>, Gauge>| {
            registry.register(name, help, gauge.clone());
        };
        gauge("position", "Last position that a view has", &figures.position);
        gauge("lag_events", "Events that a view has yet to see", &figures.lag_events);
        gauge("led", "1 where a process folds a view", &figures.led);
        gauge("stopped", "1 where a view has stopped on an event", &figures.stopped);
        let help = "Position of the event that a view has stopped on; 0 where it has not";
        gauge("poison_position", help, &figures.poison_position);
        let help = "Streams that a view leaves out, since they are parked";
        gauge("parked_streams", help, &figures.parked_streams);
        let help = "Age of the oldest event that a view has yet to see";
        registry.register("lag_seconds", help, figures.lag_seconds.clone());
        let help = "Time that a view has stood still with events to fold; 0 where it moves or has all";
        registry.register("stuck_seconds", help, figures.stuck_seconds.clone());
        figures
    }

    fn begin_at_zero(&self) {
        for (view, _) in VIEWS {
            let labels = Labels([("projection", view.name)]);
            let Self { position, lag_events, led, stopped, poison_position, parked_streams, .. } = self;
            for gauge in [position, lag_events, led, stopped, poison_position, parked_streams] {
                drop(gauge.get_or_create(&labels));
            }
            for seconds in [&self.lag_seconds, &self.stuck_seconds] {
                drop(seconds.get_or_create(&labels));
            }
        }
    }
}

impl Metrics {
    /// How far a view is, who leads it, and what stopped it. `view` is a name of this build; what stopped it is told by its
    /// position alone: the rest is data, and data is no label (`docs/decisions/0025`).
    pub fn projection(&self, view: &'static str, status: &ProjectionStatus) {
        let labels = Labels([("projection", view)]);
        let seconds = |milliseconds| Duration::from_millis(milliseconds).as_secs_f64();
        self.record(|figures| {
            let progress = &figures.progress;
            progress.position.get_or_create(&labels).set(status.position);
            progress.lag_events.get_or_create(&labels).set((status.head - status.position).max(0));
            progress.lag_seconds.get_or_create(&labels).set(seconds(status.lag_ms));
            progress.stuck_seconds.get_or_create(&labels).set(seconds(status.stuck_ms));
            progress.led.get_or_create(&labels).set(i64::from(status.leader.is_some()));
            progress.stopped.get_or_create(&labels).set(i64::from(status.poison.is_some()));
            let position = status.poison.as_ref().map_or(0, |poison| poison.position);
            progress.poison_position.get_or_create(&labels).set(position);
            progress.parked_streams.get_or_create(&labels).set(clamp(status.left_out));
        });
    }
}
