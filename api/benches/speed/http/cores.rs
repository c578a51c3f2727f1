//! What the processes of a run took of the cores.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

/// What Linux counts a process's time in, in seconds.
const TICK: f64 = 0.01;

/// Seconds of a core that each kind of process has had so far.
pub(super) struct Cores(BTreeMap<&'static str, f64>);

impl Cores {
    /// Of this process, of `server` and its children that ended, and of all processes of the Postgres behind `postmaster`.
    pub(super) fn now(server: u32, postmaster: i32) -> Self {
        let mut taken = BTreeMap::new();
        for process in std::fs::read_dir("/proc").unwrap().flatten() {
            let Some(Stat { parent, own, ended }) = Stat::read(&process.path()) else { continue };
            let name = process.file_name();
            let is = |pid: i64| name.to_str().is_some_and(|name| name == pid.to_string());
            if is(i64::from(std::process::id())) {
                *taken.entry("generator").or_default() += own;
            } else if is(i64::from(server)) {
                *taken.entry("server").or_default() += own;
                *taken.entry("children of the server").or_default() += ended;
            } else if is(i64::from(postmaster)) {
                // Sessions that ended count with it.
                *taken.entry("postgres").or_default() += own + ended;
            } else if parent == i64::from(postmaster) {
                *taken.entry("postgres").or_default() += own;
            }
        }
        Self(taken)
    }

    /// Cores that each kind had on average since `before`, `seconds` ago.
    pub(super) fn since(&self, before: &Self, seconds: f64) -> Value {
        let cores = |(kind, taken): (&&'static str, &f64)| {
            let had = taken - before.0.get(*kind).copied().unwrap_or_default();
            ((*kind).to_owned(), json!((had / seconds * 100.0).round() / 100.0))
        };
        Value::Object(self.0.iter().map(cores).collect())
    }
}

/// What `/proc/PID/stat` says of a process: proc(5).
struct Stat {
    parent: i64,
    own: f64,
    /// Of its children that ended.
    ended: f64,
}

impl Stat {
    fn read(process: &Path) -> Option<Self> {
        let stat = std::fs::read_to_string(process.join("stat")).ok()?;
        let fields: Vec<i64> = stat
            .rsplit_once(") ")?
            .1
            .split(' ')
            .map(|field| field.trim().parse().unwrap_or_default())
            .collect();
        let ticks = |fields: &[i64]| fields.iter().sum::<i64>() as f64 * TICK;
        Some(Self {
            parent: *fields.get(1)?,
            own: ticks(fields.get(11..13)?),
            ended: ticks(fields.get(13..15)?),
        })
    }
}
