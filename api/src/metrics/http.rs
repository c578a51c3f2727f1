//! The figures of requests.

use std::time::Duration;

use http::StatusCode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::Metrics;
use super::labels::{Durations, Labels, durations};

/// Upper bounds of answers, in seconds.
const ANSWER_SECONDS: [f64; 12] = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];
/// Classes of status that the server answers with.
const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

/// What there was too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TooMany {
    /// Requests of one caller.
    OfCaller,
    /// Requests of an address, with tokens that were not looked at yet.
    OfNewcomers,
    /// Requests of an address, without a token.
    OfStrangers,
    /// Tokens of an address that are not valid.
    SignIns,
    /// Connections of an address.
    Connections,
    /// PDFs that one caller sends at the same time.
    Uploads,
    /// Streams of events that one caller follows at the same time.
    Streams,
}

impl TooMany {
    const ALL: [Self; 7] = [
        Self::OfCaller,
        Self::OfNewcomers,
        Self::OfStrangers,
        Self::SignIns,
        Self::Connections,
        Self::Uploads,
        Self::Streams,
    ];

    /// The code of the answer.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::OfCaller | Self::OfNewcomers | Self::OfStrangers => "too_many_requests",
            Self::SignIns => "too_many_sign_ins",
            Self::Connections => "too_many_connections",
            Self::Uploads => "too_many_uploads",
            Self::Streams => "too_many_streams",
        }
    }

    const fn label(self) -> Labels<1> {
        Labels([(
            "reason",
            match self {
                Self::OfCaller => "caller",
                Self::OfNewcomers => "newcomers",
                Self::OfStrangers => "strangers",
                Self::SignIns => "sign_ins",
                Self::Connections => "connections",
                Self::Uploads => "uploads",
                Self::Streams => "streams",
            },
        )])
    }
}

#[derive(Debug)]
pub(super) struct Http {
    requests: Family<Labels<3>, Counter>,
    answers: Durations<2>,
    open_connections: Gauge,
    turned_away: Family<Labels<1>, Counter>,
}

impl Http {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let figures = Self {
            requests: Family::default(),
            answers: durations(|| Histogram::new(ANSWER_SECONDS)),
            open_connections: Gauge::default(),
            turned_away: Family::default(),
        };
        let registry = registry.sub_registry_with_prefix("http");
        let requests = "Requests that were answered, by route template and class of status";
        registry.register("requests", requests, figures.requests.clone());
        let name = "request_duration_seconds";
        registry.register(name, "From the end of a request's headers to its answer", figures.answers.clone());
        registry.register("open_connections", "Connections that are open", figures.open_connections.clone());
        let turned_away = "Requests and connections that were turned away, because there were too many";
        registry.register("turned_away", turned_away, figures.turned_away.clone());
        for reason in TooMany::ALL {
            drop(figures.turned_away.get_or_create(&reason.label()));
        }
        figures
    }
}

impl Metrics {
    /// Has a route's figures at zero from the start.
    pub(crate) fn route(&self, method: &'static str, template: &'static str) {
        self.record(|figures| {
            for class in CLASSES {
                let labels = Labels([("method", method), ("route", template), ("status", class)]);
                drop(figures.http.requests.get_or_create(&labels));
            }
            drop(figures.http.answers.get_or_create(&Labels([("method", method), ("route", template)])));
        });
    }

    /// A request was answered. `template` is that of its route, never its path.
    pub(crate) fn answered(
        &self,
        method: &'static str,
        template: &'static str,
        status: StatusCode,
        took: Duration,
    ) {
        let labels = Labels([("method", method), ("route", template), ("status", class(status))]);
        self.record(|figures| {
            figures.http.requests.get_or_create(&labels).inc();
            let labels = Labels([("method", method), ("route", template)]);
            figures.http.answers.get_or_create(&labels).observe(took.as_secs_f64());
        });
    }

    /// A request or a connection was turned away.
    pub(crate) fn too_many(&self, reason: TooMany) {
        self.record(|figures| {
            figures.http.turned_away.get_or_create(&reason.label()).inc();
        });
    }

    /// A connection was taken.
    pub(crate) fn connection_opened(&self) {
        self.record(|figures| figures.http.open_connections.inc());
    }

    /// A connection ended.
    pub(crate) fn connection_closed(&self) {
        self.record(|figures| figures.http.open_connections.dec());
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
