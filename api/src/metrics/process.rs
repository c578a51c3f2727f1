//! The figures of the process, by the names that Prometheus's client libraries agreed on.

use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

pub(super) fn register(registry: &mut Registry) {
    registry.register_collector(Box::new(Process));
}

/// Read from `/proc` at each scrape; where that is not to be had, the figures are absent.
#[derive(Debug)]
struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let Some(stat) = Stat::read() else { return Ok(()) };
        let mut gauge = |name, help, value: i64| {
            let metric = ConstGauge::new(value);
            metric.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
        };
        gauge("process_resident_memory_bytes", "Resident memory", stat.resident_bytes)?;
        gauge("process_virtual_memory_bytes", "Virtual memory", stat.virtual_bytes)?;
        gauge("process_threads", "Threads", stat.threads)?;
        if let Some(files) = fs::read_dir("/proc/self/fd").ok().map(Iterator::count) {
            gauge("process_open_fds", "Open file descriptors", i64::try_from(files).unwrap_or(i64::MAX))?;
        }
        let most_files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        if let Some(files) = most_files.and_then(|files| i64::try_from(files).ok()) {
            gauge("process_max_fds", "File descriptors that the process may have open", files)?;
        }
        if let Some(booted) = booted_at() {
            let help = "When the process started, since the Unix epoch";
            let metric = ConstGauge::new(booted + stat.started_seconds);
            let name = "process_start_time_seconds";
            metric.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)?;
        }
        let metric = ConstCounter::new(stat.cpu_seconds);
        let help = "User and system time";
        metric.encode(encoder.encode_descriptor("process_cpu_seconds", help, None, MetricType::Counter)?)
    }
}

/// What `/proc/self/stat` says (proc_pid_stat(5)).
struct Stat {
    cpu_seconds: f64,
    threads: i64,
    started_seconds: f64,
    virtual_bytes: i64,
    resident_bytes: i64,
}

impl Stat {
    fn read() -> Option<Self> {
        Self::parse(&fs::read_to_string("/proc/self/stat").ok()?)
    }

    /// Fields count from 1; the second, the program's name, may hold spaces and parentheses.
    fn parse(text: &str) -> Option<Self> {
        let after_name = text.rsplit_once(')')?.1;
        let fields: Vec<&str> = after_name.split_ascii_whitespace().collect();
        let field = |number: usize| -> Option<u32> { fields.get(number - 3)?.parse().ok() };
        let long = |number: usize| -> Option<i64> { fields.get(number - 3)?.parse().ok() };
        let ticks_per_second = f64::from(u32::try_from(rustix::param::clock_ticks_per_second()).ok()?);
        let page_bytes = i64::try_from(rustix::param::page_size()).ok()?;
        Some(Self {
            cpu_seconds: f64::from(field(14)?.checked_add(field(15)?)?) / ticks_per_second,
            threads: long(20)?,
            started_seconds: f64::from(field(22)?) / ticks_per_second,
            virtual_bytes: long(23)?,
            resident_bytes: long(24)?.checked_mul(page_bytes)?,
        })
    }
}

/// When the machine started, in seconds since the Unix epoch.
fn booted_at() -> Option<f64> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    let seconds: u32 = text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(f64::from(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_name_with_parentheses_shifts_no_field() {
        let text = "7 (a) b (c) S 1 7 7 0 -1 4194560 1 0 0 0 250 150 0 0 20 0 9 0 1000 4096000 10 1 1";
        let stat = Stat::parse(text).unwrap();
        let ticks = rustix::param::clock_ticks_per_second() as f64;
        assert!((stat.cpu_seconds - 400.0 / ticks).abs() < 1e-9);
        assert_eq!((stat.threads, stat.virtual_bytes), (9, 4_096_000));
        assert_eq!(stat.resident_bytes, 10 * rustix::param::page_size() as i64);
    }
}
