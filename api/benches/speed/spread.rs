//! Times, as they are spread.

use std::time::Duration;

/// In milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) count: usize,
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// Of its columns.
    pub(crate) const HEADING: &str = "      p50      p95      p99      max";

    pub(crate) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |share: f64| {
            let nth = ((times.len() as f64 * share).ceil() as usize).clamp(1, times.len()) - 1;
            times[nth].as_secs_f64() * 1e3
        };
        Self { count: times.len(), p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1.0) }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:9.2}{:9.2}{:9.2}{:9.2}", self.p50, self.p95, self.p99, self.max)
    }
}
