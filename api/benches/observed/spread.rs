//! Times, as they are spread.

use std::time::Duration;

use serde_json::{Value, json};

/// In milliseconds.
#[derive(Clone, Copy)]
pub(super) struct Spread {
    pub(super) count: usize,
    pub(super) p50: f64,
    pub(super) p95: f64,
    pub(super) p99: f64,
    pub(super) max: f64,
}

impl Spread {
    pub(super) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |share: f64| {
            let nth = ((times.len() as f64 * share).ceil() as usize).clamp(1, times.len()) - 1;
            times[nth].as_secs_f64() * 1e3
        };
        Self { count: times.len(), p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1.0) }
    }

    pub(super) fn json(self) -> Value {
        json!({"count": self.count, "p50": self.p50, "p95": self.p95, "p99": self.p99, "max": self.max})
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:9.2}{:9.2}{:9.2}{:9.2}", self.p50, self.p95, self.p99, self.max)
    }
}

pub(super) fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} cores, {}", model.map_or("unknown", |(_, model)| model))
}
