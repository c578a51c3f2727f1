//! What a figure was measured on.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

/// Processor, cores, memory, kernel, PostgreSQL and commit.
pub(crate) fn describe() -> Value {
    let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let memory = read("/proc/meminfo");
    let memory = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse::<u64>().ok());
    json!({
        "cores": std::thread::available_parallelism().map_or(1, usize::from),
        "processor": model.map_or("unknown", |(_, model)| model),
        "memory_mb": memory.map(|kib| kib / 1_024),
        "kernel": read("/proc/sys/kernel/osrelease").trim(),
        "postgres": said(&postgres_program("postgres"), &["--version"]),
        "commit": said(&PathBuf::from("git"), &["describe", "--always", "--dirty"]),
        "built": if cfg!(debug_assertions) { "for tests: these figures say nothing" } else { "for release" },
    })
}

/// A program of PostgreSQL, where the private server finds its own.
pub(crate) fn postgres_program(name: &str) -> PathBuf {
    if let Some(folder) = std::env::var_os("PG_BIN_DIR") {
        return PathBuf::from(folder).join(name);
    }
    let of_debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = of_debian.map(|entry| entry.path().join("bin").join(name)).collect();
    found.retain(|program| program.exists());
    found.sort();
    found.pop().unwrap_or_else(|| PathBuf::from(name))
}

fn said(program: &PathBuf, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
