//! The program as an operator runs it: `serve` as a child to be killed, and commands that end by themselves.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::process::{Child, Command};

use super::place::{PROGRAM, Place};
use super::{PATIENCE, seen};

/// What the environment of whoever runs the tests must not decide.
const VARIABLES: [&str; 23] = [
    "DATABASE_URL",
    "WRITER_URL",
    "PROJECTOR_URL",
    "READER_URL",
    "NEW_MASTER_KEY_FILE",
    "KEYS_URL",
    "BLOBS_URL",
    "MASTER_KEY",
    "MASTER_KEY_FILE",
    "GRADELEDGER_DATA",
    "GRADELEDGER_SCHEMA",
    "GRADELEDGER_LISTEN",
    "GRADELEDGER_LOG",
    "GRADELEDGER_LOG_DIR",
    "GRADELEDGER_LIMITS",
    "GRADELEDGER_OIDC_ISSUER",
    "GRADELEDGER_OIDC_AUDIENCE",
    "GRADELEDGER_OIDC_JWKS",
    "GRADELEDGER_OIDC_ROLE_CLAIM",
    "GRADELEDGER_OIDC_SCOPE_CLAIM",
    "GRADELEDGER_OIDC_SUBJECT_CLAIM",
    "GRADELEDGER_TOKEN",
    "GRADELEDGER_TOKEN_FILE",
];

/// The program with an environment that names no ledger.
pub(super) fn program(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// The variables that name this place.
pub(super) fn environment(place: &Place) -> [(&'static str, String); 4] {
    [
        ("DATABASE_URL", place.database.url().to_owned()),
        ("KEYS_URL", place.database.keys_url().to_owned()),
        ("BLOBS_URL", format!("file://{}", place.blobs().display())),
        ("MASTER_KEY_FILE", place.folder.path().join("master.key").display().to_string()),
    ]
}

/// Runs a command to its end.
pub(super) async fn run(mut command: Command) -> Output {
    let ended = tokio::time::timeout(PATIENCE, command.output()).await;
    ended.unwrap_or_else(|_| panic!("{command:?} does not end")).unwrap()
}

/// Runs a command about a place to its end.
pub(super) async fn run_at(place: &Place, arguments: &[&str]) -> Output {
    let mut command = program(PROGRAM);
    command.args(arguments).envs(environment(place));
    run(command).await
}

/// The same in the name of someone with a token.
pub(super) async fn run_as(place: &Place, token: &str, arguments: &[&str]) -> Output {
    let mut command = program(PROGRAM);
    command.args(arguments).envs(environment(place)).env("GRADELEDGER_TOKEN", token);
    run(command).await
}

pub(super) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A text as if its lines had not been folded.
pub(super) fn unfolded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A running `serve`. Dropping it kills it.
pub(super) struct Process {
    child: Child,
    log: PathBuf,
    pub(super) address: SocketAddr,
}

impl Process {
    /// `serve` at a place, on a port of its own or the one that is given; ready to answer.
    pub(super) async fn serve(place: &Place, listen: Option<SocketAddr>, arguments: &[&str]) -> Self {
        let mut command = program(PROGRAM);
        command.arg("serve").args(arguments).envs(environment(place));
        Self::start(command, place.folder.path(), listen).await
    }

    /// `serve` at a place, logging into a folder as in production.
    pub(super) async fn serve_logging(place: &Place, logs: &Path, arguments: &[&str]) -> Self {
        let folder = ["--log-dir", logs.to_str().unwrap()];
        Self::serve_logging_to(place, logs, &[&folder, arguments].concat()).await
    }

    /// `serve` at a place that logs into a folder, as `arguments` say.
    pub(super) async fn serve_logging_to(place: &Place, logs: &Path, arguments: &[&str]) -> Self {
        let mut command = program(PROGRAM);
        command.arg("serve").args(arguments).envs(environment(place));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Self::spawn(command, logs.join("ledger.log"), None).await
    }

    /// `serve` as the command has it, its log in a file of the folder.
    pub(super) async fn start(mut command: Command, folder: &Path, listen: Option<SocketAddr>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let log = folder.join(format!("serve-{}.log", COUNT.fetch_add(1, Ordering::Relaxed)));
        let file = File::create(&log).unwrap();
        command.stderr(file.try_clone().unwrap()).stdout(file);
        Self::spawn(command, log, listen).await
    }

    /// `serve` as the command has it, which logs to `log`.
    pub(super) async fn spawn(mut command: Command, log: PathBuf, listen: Option<SocketAddr>) -> Self {
        let listen = listen.map_or("127.0.0.1:0".to_owned(), |address| address.to_string());
        command.args(["--listen", &listen, "--log-format", "json"]);
        let mut child = command.spawn().unwrap();
        let address = seen("serve listens", async || {
            let said = || fs::read_to_string(&log).unwrap_or_default();
            assert!(child.try_wait().unwrap().is_none(), "serve ended: {}", said());
            let lines = lines(&said());
            let line = lines.iter().find(|line| line["fields"]["address"].is_string())?;
            line["fields"]["address"].as_str().unwrap().parse().ok()
        })
        .await;
        Self { child, log, address }
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// SIGKILL, and waits for the end.
    pub(super) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Ctrl-C, and waits for the end.
    pub(super) async fn interrupt(mut self) -> ExitStatus {
        self.signal(Signal::INT);
        tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("serve stops").unwrap()
    }

    /// Waits for it to end by itself; how it ended, and what it said.
    pub(super) async fn ended(mut self) -> (ExitStatus, String) {
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("serve ends").unwrap();
        (status, fs::read_to_string(&self.log).unwrap())
    }

    /// The processes that it has started and that still run.
    pub(super) fn children(&self) -> Vec<i32> {
        let mine = format!("PPid:\t{}\n", self.child.id().unwrap());
        let running = fs::read_dir("/proc").unwrap().filter_map(|entry| {
            let folder = entry.ok()?.path();
            let is_mine = fs::read_to_string(folder.join("status")).ok()?.contains(&mine);
            folder.file_name()?.to_str()?.parse().ok().filter(|_| is_mine)
        });
        running.collect()
    }

    /// The lines of its log so far.
    pub(super) fn lines(&self) -> Vec<Value> {
        lines(&fs::read_to_string(&self.log).unwrap())
    }

    /// The messages of its log so far.
    pub(super) fn messages(&self) -> Vec<String> {
        self.lines().iter().filter_map(|line| line["message"].as_str().map(str::to_owned)).collect()
    }

    /// Its process id.
    pub(super) fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.id()).unwrap()).unwrap()
    }
}

/// Whole lines of JSON; the last one may still be being written.
pub(super) fn lines(text: &str) -> Vec<Value> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The processes whose command line names this folder.
pub(super) fn processes_of(folder: &Path) -> Vec<String> {
    let name = folder.to_str().unwrap();
    let running = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let command = fs::read(entry.ok()?.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&command).replace('\0', " "))
    });
    // The supervisor of test folders is the tests' own.
    running
        .filter(|command| command.contains(name) && !command.contains("gradeledger-test-supervisor"))
        .collect()
}

/// Whether a process still does something.
pub(super) fn runs(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z')))
}
