//! What the processes of a run took of the cores.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

/// What Linux counts a process's time in, in seconds.
const TICK: f64 = 0.01;

/// Seconds of a core that each kind of process has had so far.
pub(super) struct Taken(BTreeMap<&'static str, f64>);

impl Taken {
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

    /// What each kind has had since `before`, so long ago.
    pub(super) fn since(&self, before: &Self, time: Duration) -> Cores {
        let had = |(kind, taken): (&&'static str, &f64)| {
            (*kind, taken - before.0.get(kind).copied().unwrap_or_default())
        };
        Cores { seconds: self.0.iter().map(had).collect(), time }
    }
}

/// What each kind of process had of the cores in some time.
pub(super) struct Cores {
    seconds: BTreeMap<&'static str, f64>,
    time: Duration,
}

impl Cores {
    /// Cores on average.
    pub(super) fn on_average(&self) -> Value {
        self.divided_by(self.time.as_secs_f64())
    }

    /// Milliseconds of a core for each of so many requests: this says the same whether or not a core was free.
    pub(super) fn each_of(&self, requests: usize) -> Value {
        self.divided_by(requests as f64 / 1e3)
    }

    fn divided_by(&self, number: f64) -> Value {
        let share = |(kind, seconds): (&&'static str, &f64)| {
            ((*kind).to_owned(), json!((seconds / number * 1e3).round() / 1e3))
        };
        Value::Object(self.seconds.iter().map(share).collect())
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
