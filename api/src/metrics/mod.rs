//! The figures that Prometheus reads.
//!
//! Architecture invariant: recording a figure never blocks, never fails and never needs the database; what
//! is read from the database is read at a scrape, within a bound, and the last value stands when it is not
//! there in time. Label values come from closed sets, and all of them are there from the start, at zero.

mod access;
mod append;
mod drift;
mod grading;
mod http;
mod labels;
mod ledger;
mod plain;
mod process;
mod sign_in;
mod sources;
mod streams;
mod upkeep;
mod views;
mod work;

pub use grading::ImportOutcome;
pub use sources::{Source, Sources};

use std::sync::Arc;

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use access::AccessRows;
use append::Append;
use drift::Drift;
use grading::Grading;
use http::Http;
use sign_in::SignIns;
use streams::Streams;
use upkeep::Upkeep;
use views::Progress;
use work::Work;

pub(crate) use http::TooMany;
pub(crate) use streams::OpenStream;

/// The media type of [`Metrics::text`]: OpenMetrics 1.0.
pub const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The media type of [`Metrics::plain_text`]: the Prometheus text format.
pub const PLAIN: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All figures of the process. Cheap to clone; every method is quick, and none fails.
#[derive(Clone, Debug)]
pub struct Metrics(Option<Arc<Figures>>);

#[derive(Debug)]
struct Figures {
    registry: Registry,
    grading: Grading,
    http: Http,
    append: Append,
    progress: Progress,
    work: Work,
    upkeep: Upkeep,
    drift: Drift,
    streams: Streams,
    access: AccessRows,
    sign_ins: SignIns,
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
        let http = Http::register(&mut registry);
        let append = Append::register(&mut registry);
        let progress = Progress::register(&mut registry);
        let work = Work::register(&mut registry);
        let upkeep = Upkeep::register(&mut registry);
        let drift = Drift::register(&mut registry);
        let streams = Streams::register(&mut registry);
        let access = AccessRows::register(&mut registry);
        let sign_ins = SignIns::register(&mut registry);
        process::register(&mut registry);
        let figures = Figures {
            registry,
            grading,
            http,
            append,
            progress,
            work,
            upkeep,
            drift,
            streams,
            access,
            sign_ins,
        };
        Self(Some(Arc::new(figures)))
    }

    /// Figures that nothing is recorded in: what the cost of recording is measured against.
    #[must_use]
    pub const fn off() -> Self {
        Self(None)
    }

    /// What `act` gives is not wanted: the value of a figure before.
    fn record<T>(&self, act: impl FnOnce(&Figures) -> T) {
        if let Some(figures) = &self.0 {
            act(figures);
        }
    }

    /// All figures as they are now, in the OpenMetrics text format.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.record(|figures| {
            // Writing into a String cannot fail; a collector that fails leaves its own figures out.
            if let Err(error) = encode(&mut text, &figures.registry) {
                tracing::error!(cause = domain::chain(&error), "some figures could not be written");
            }
        });
        text
    }

    /// The same figures in the text format that Prometheus had before OpenMetrics.
    #[must_use]
    pub fn plain_text(&self) -> String {
        plain::plain(&self.text())
    }
}

/// A count as a gauge takes it.
fn clamp(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}
