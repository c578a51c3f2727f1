//! The running server: its pid file, whether that tells the truth, and how to end it.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::time::{Instant, sleep};

use super::folder::POLL;
use super::{PrivateError, SUPERUSER, Stopped};

/// How long a fast shutdown may take: it writes a checkpoint.
const FAST_LIMIT: Duration = Duration::from_secs(30);

/// How long an immediate shutdown may take before the kill.
const IMMEDIATE_LIMIT: Duration = Duration::from_secs(10);

/// How long a killed process may take to be gone.
const KILL_LIMIT: Duration = Duration::from_secs(5);

/// The server as its `postmaster.pid` describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Postmaster {
    pub(super) pid: Pid,
    pub(super) socket_folder: PathBuf,
    pub(super) port: u16,
}

impl Postmaster {
    pub(super) fn connect_options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.socket_folder)
            .port(self.port)
            .username(SUPERUSER)
            .database(database)
            .ssl_mode(PgSslMode::Disable)
    }
}

/// What `postmaster.pid` says. Its lines are described in Postgres's `miscadmin.h`: pid, data folder, start
/// time, port, socket folder, listen address, shared memory, status; a young file has fewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PidFile {
    /// No server, and none that crashed.
    Absent,
    /// Started, not ready (or nothing that can be read yet).
    NotReady(Option<Pid>),
    /// Ready for connections, if the process is alive.
    Ready(Postmaster),
}

impl PidFile {
    pub(super) fn read(data: &Path) -> Result<Self, PrivateError> {
        let path = data.join("postmaster.pid");
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Self::parse(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::Absent),
            Err(error) => Err(PrivateError::io("reading", path)(error)),
        }
    }

    pub(super) fn parse(text: &str) -> Self {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        // A negative number is a single-user postgres.
        let pid =
            lines.first().and_then(|line| line.parse().ok()).and_then(|pid: i32| Pid::from_raw(pid.abs()));
        let ready = |pid| {
            let port = lines.get(3)?.parse().ok()?;
            let socket_folder = PathBuf::from(lines.get(4).filter(|line| !line.is_empty())?);
            (*lines.get(7)? == "ready").then_some(Postmaster { pid, socket_folder, port })
        };
        pid.and_then(ready).map_or(Self::NotReady(pid), Self::Ready)
    }

    pub(super) fn pid(&self) -> Option<Pid> {
        match self {
            Self::Absent => None,
            Self::NotReady(pid) => *pid,
            Self::Ready(postmaster) => Some(postmaster.pid),
        }
    }
}

/// Whether the process lives and is a server of this very cluster: after a crash its number may be another's.
pub(super) fn serves(pid: Pid, data: &Path) -> bool {
    let Some(arguments) = arguments(pid).filter(|_| is_alive(pid)) else { return false };
    let says = |part: &[u8]| arguments.windows(part.len()).any(|it| it == part);
    // A server that somebody started by hand may name its folder otherwise, but it works in it.
    let works_there = || {
        let works_in = fs::read_link(format!("/proc/{}/cwd", pid.as_raw_nonzero()));
        works_in.is_ok_and(|folder| data.canonicalize().is_ok_and(|data| data == folder))
    };
    says(b"postgres") && (says(data.as_os_str().as_bytes()) || works_there())
}

/// A zombie is not alive in this sense where `/proc` tells: its arguments are gone.
fn is_alive(pid: Pid) -> bool {
    matches!(test_kill_process(pid), Ok(()) | Err(rustix::io::Errno::PERM))
}

/// The command line, from `/proc` or else from ps(1).
fn arguments(pid: Pid) -> Option<Vec<u8>> {
    let pid = pid.as_raw_nonzero();
    if Path::new("/proc/self/cmdline").exists() {
        return fs::read(format!("/proc/{pid}/cmdline")).ok();
    }
    Some(Command::new("ps").args(["-ww", "-o", "args=", "-p"]).arg(pid.to_string()).output().ok()?.stdout)
}

/// Ends a server that never got ready, at once.
pub(super) async fn give_up(mut child: Child) {
    let _ = kill_process(Pid::from_child(&child), Signal::QUIT);
    let deadline = Instant::now() + IMMEDIATE_LIMIT;
    while matches!(child.try_wait(), Ok(None)) {
        if Instant::now() >= deadline {
            let _ = child.kill();
            let _ = child.wait();
            return;
        }
        sleep(POLL).await;
    }
}

/// Kills the postmaster and everything it has started, as a crash would. Reaps `child` if the server is one.
pub(super) async fn kill(child: Option<Child>, postmaster: &Postmaster) -> Result<(), PrivateError> {
    // Stopped first, it starts nobody new while its children are listed.
    let _ = kill_process(postmaster.pid, Signal::STOP);
    let children = children(postmaster.pid);
    for pid in std::iter::once(postmaster.pid).chain(children.iter().copied()) {
        let _ = kill_process(pid, Signal::KILL);
    }
    if let Some(mut child) = child {
        child.wait().map_err(PrivateError::io("waiting for", "postgres"))?;
    }
    let deadline = Instant::now() + KILL_LIMIT;
    // A zombie has no arguments: what counts is that none of them does anything any more.
    let works = |pid: &Pid| is_alive(*pid) && arguments(*pid).is_some_and(|it| !it.is_empty());
    while std::iter::once(&postmaster.pid).chain(&children).any(works) {
        if Instant::now() >= deadline {
            return Err(PrivateError::StillRunning { pid: postmaster.pid.as_raw_nonzero().get() });
        }
        sleep(POLL).await;
    }
    Ok(())
}

fn children(pid: Pid) -> Vec<Pid> {
    let output = Command::new("pgrep").arg("-P").arg(pid.as_raw_nonzero().to_string()).output();
    let from_proc = format!("/proc/{0}/task/{0}/children", pid.as_raw_nonzero());
    let listed = fs::read_to_string(from_proc)
        .or_else(|_| output.map(|it| String::from_utf8_lossy(&it.stdout).into_owned()))
        .unwrap_or_default();
    listed.split_whitespace().filter_map(|it| Pid::from_raw(it.parse().ok()?)).collect()
}

/// Ends a server: fast, then immediate, then killed. `child` is there if it is this process's.
pub(super) async fn stop(
    mut child: Option<Child>,
    postmaster: &Postmaster,
    data: &Path,
) -> Result<Stopped, PrivateError> {
    let steps = [
        (Signal::INT, FAST_LIMIT, Stopped::Cleanly),
        (Signal::QUIT, IMMEDIATE_LIMIT, Stopped::Abruptly),
        (Signal::KILL, KILL_LIMIT, Stopped::Abruptly),
    ];
    let mut ended = || match &mut child {
        // A child keeps its number until it is reaped here; another's may change hands once it has ended.
        Some(child) => Ok(child.try_wait().map_err(PrivateError::io("waiting for", "postgres"))?.is_some()),
        None => Ok(!serves(postmaster.pid, data)),
    };
    if ended()? {
        return Ok(Stopped::HadEnded);
    }
    for (signal, limit, outcome) in steps {
        let _ = kill_process(postmaster.pid, signal);
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            if ended()? {
                return Ok(outcome);
            }
            sleep(POLL).await;
        }
        tracing::warn!(?signal, seconds = limit.as_secs(), "Postgres did not end in time");
    }
    Err(PrivateError::StillRunning { pid: postmaster.pid.as_raw_nonzero().get() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: &str = "4711\n/data\n1700000000\n5432\n/data/socket\n\n  5432 7 \nready   \n";

    #[test]
    fn a_whole_pid_file_tells_where_the_server_listens() {
        let pid = Pid::from_raw(4711).unwrap();
        let postmaster = Postmaster { pid, socket_folder: "/data/socket".into(), port: 5432 };
        assert_eq!(PidFile::parse(READY), PidFile::Ready(postmaster));
    }

    #[test]
    fn a_server_that_is_not_ready_is_not_taken_for_a_ready_one() {
        let pid = Pid::from_raw(4711);
        for status in ["starting", "stopping", "standby "] {
            assert_eq!(PidFile::parse(&READY.replace("ready   ", status)), PidFile::NotReady(pid));
        }
        assert_eq!(PidFile::parse("4711\n/data\n"), PidFile::NotReady(pid));
    }

    #[test]
    fn a_damaged_pid_file_names_no_process() {
        for text in ["", "\n", "0\n", "x\n/data\n", "99999999999999\n"] {
            assert_eq!(PidFile::parse(text), PidFile::NotReady(None), "{text:?}");
        }
    }

    #[test]
    fn another_process_is_no_server_of_the_folder() {
        assert!(!serves(rustix::process::getpid(), Path::new("/no/such/folder")));
    }
}
