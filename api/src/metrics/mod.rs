//! The figures that Prometheus reads.
//!
//! Architecture invariant: recording a figure never blocks, never fails and never needs the database; what
//! is read from the database is read at a scrape, within a bound, and the last value stands when it is not
//! there in time. Label values come from closed sets, and all of them are there from the start, at zero; but for what an event
//! that stops a view is called, which is there while it does.

mod drift;
mod grading;
mod labels;
mod ledger;
mod plain;
mod process;
mod service;
mod sources;
mod streams;

pub use grading::ImportOutcome;
pub use sources::{Source, Sources};

use std::sync::Arc;

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use drift::Drift;
use grading::Grading;
use service::Service;
use streams::Streams;

pub(crate) use streams::OpenStream;

/// The media type of [`Metrics::text`]: OpenMetrics 1.0.
pub const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The media type of [`Metrics::plain_text`]: the Prometheus text format.
pub const PLAIN: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All figures of the process. Cheap to clone; every method is quick, and none fails.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    grading: Grading,
    service: Service,
    drift: Drift,
    streams: Streams,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Every figure at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::default();
        let grading = Grading::register(&mut registry);
        let service = Service::register(&mut registry);
        let drift = Drift::register(&mut registry);
        let streams = Streams::register(&mut registry);
        process::register(&mut registry);
        Self(Arc::new(Inner { registry, grading, service, drift, streams }))
    }

    /// All figures as they are now, in the OpenMetrics text format.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a String cannot fail; a collector that fails leaves its own figures out.
        if let Err(error) = encode(&mut text, &self.0.registry) {
            tracing::error!(cause = domain::chain(&error), "some figures could not be written");
        }
        text
    }

    /// The same figures in the text format that Prometheus had before OpenMetrics.
    #[must_use]
    pub fn plain_text(&self) -> String {
        plain::plain(&self.text())
    }
}
