//! Starting a cluster, or finding that it runs.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use rustix::process::Pid;
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::time::{Instant, sleep};

use super::account::Account;
use super::folder::{Folder, POLL};
use super::initialise::initialise;
use super::lock::{self, Use};
use super::postmaster::{self, PidFile, Postmaster, serves};
use super::programs::Programs;
use super::{Durability, PORT, PrivateError, PrivateOptions, PrivatePostgres};

/// How long a server may take to be ready; recovery after a crash is within it.
const READY_LIMIT: Duration = Duration::from_secs(120);

/// How long a server that runs already may take to answer one connection.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// How long a pid file without a number may be one that is just being written; after that it is what a crash left.
const UNREADABLE_LIMIT: Duration = Duration::from_secs(2);

/// The pause before another try, while the processes of a killed postmaster are still on their way out.
const ORPHANS_PAUSE: Duration = Duration::from_millis(200);

/// A log longer than this is set aside at the next start; one is kept.
const LONGEST_LOG_BYTES: u64 = 10 * 1024 * 1024;

/// How much of the log's end an error shows.
const LAST_LINES: usize = 20;

/// Enough for the last lines, however long the log.
const TAIL_BYTES: u64 = 16 * 1024;

pub(super) async fn start(options: &PrivateOptions) -> Result<PrivatePostgres, PrivateError> {
    let account = Account::choose()?;
    let folder = Folder::prepare(options.data_folder.as_deref(), &account)?;
    let _starting = lock::starting(folder.root()).await?;
    let in_use = Use::begin(folder.root())?;
    let data = folder.data();
    let (postmaster, child) = match running(&folder, &account).await? {
        Some(postmaster) => {
            tracing::info!(folder = %data.display(), "attached to the private Postgres that runs already");
            (postmaster, None)
        }
        None => {
            let programs = Programs::find(folder.major().map(|it| (it, folder.root())), &account)?;
            initialise(&folder, &programs, &account, options.durability).await?;
            let (postmaster, child) = launch(&folder, &programs, &account, options).await?;
            tracing::info!(folder = %data.display(), "started a private Postgres");
            (postmaster, Some(child))
        }
    };
    Ok(PrivatePostgres { folder, postmaster, in_use, child })
}

/// The server that runs on the folder already, once it is ready; none if it is gone or on its way out.
async fn running(folder: &Folder, account: &Account) -> Result<Option<Postmaster>, PrivateError> {
    let data = folder.data();
    let begun = Instant::now();
    loop {
        let file = PidFile::read(&data)?;
        match (&file, file.pid()) {
            (PidFile::Absent, _) => return Ok(None),
            (_, Some(pid)) if !serves(pid, &data) => return forget(folder, account, &file).map(|()| None),
            (_, None) if begun.elapsed() >= UNREADABLE_LIMIT => {
                return forget(folder, account, &file).map(|()| None);
            }
            // A server that was killed this moment still looks ready.
            (PidFile::Ready(postmaster), _) if answers(postmaster).await => {
                return Ok(Some(postmaster.clone()));
            }
            _ if begun.elapsed() >= READY_LIMIT => return Err(not_ready(folder, 0)),
            _ => sleep(POLL).await,
        }
    }
}

/// Whether the server answers a new connection, with a session or with a refusal.
async fn answers(postmaster: &Postmaster) -> bool {
    let answer = tokio::time::timeout(ANSWER_LIMIT, postmaster.connect_options("postgres").connect()).await;
    match answer {
        Ok(Ok(connection)) => connection.close().await.is_ok(),
        Ok(Err(error)) => error.as_database_error().is_some(),
        Err(_) => false,
    }
}

/// Removes the pid files of a server that crashed. Postgres does so itself, unless the number belongs to another process
/// by now (or to one that nobody has waited for yet), which it would take for the server.
fn forget(folder: &Folder, account: &Account, file: &PidFile) -> Result<(), PrivateError> {
    let data = folder.data();
    // The server may have ended by itself since its file was read.
    if PidFile::read(&data)? != *file {
        return Ok(());
    }
    tracing::warn!(folder = %data.display(), "the last server here was killed; its pid file is stale");
    let socket_lock = folder.socket_folder(account)?.join(format!(".s.PGSQL.{PORT}.lock"));
    for stale in [data.join("postmaster.pid"), socket_lock] {
        match fs::remove_file(&stale) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(PrivateError::io("removing the stale", stale)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

async fn launch(
    folder: &Folder,
    programs: &Programs,
    account: &Account,
    options: &PrivateOptions,
) -> Result<(Postmaster, Child), PrivateError> {
    let deadline = Instant::now() + READY_LIMIT;
    loop {
        let log_start = fs::metadata(folder.log()).map_or(0, |log| log.len());
        let mut child = spawn(folder, programs, account, options)?;
        match until_ready(folder, &mut child, deadline).await {
            Ok(postmaster) => return Ok((postmaster, child)),
            Err(Some(status)) => {
                let last_lines = last_lines(&folder.log(), log_start);
                // Backends notice within moments that their postmaster was killed; Postgres refuses to start before.
                let orphans = last_lines.contains("pre-existing shared memory block");
                if !(orphans && Instant::now() < deadline) {
                    let status = status.to_string();
                    return Err(PrivateError::Ended { status, log: folder.log(), last_lines });
                }
                sleep(ORPHANS_PAUSE).await;
            }
            Err(None) => {
                postmaster::give_up(child).await;
                return Err(not_ready(folder, log_start));
            }
        }
    }
}

/// The ready server, or how it ended, or nothing in time.
async fn until_ready(
    folder: &Folder,
    child: &mut Child,
    deadline: Instant,
) -> Result<Postmaster, Option<ExitStatus>> {
    let own = Pid::from_child(child);
    while Instant::now() < deadline {
        if let Ok(PidFile::Ready(postmaster)) = PidFile::read(&folder.data())
            && postmaster.pid == own
        {
            return Ok(postmaster);
        }
        if let Ok(Some(status)) = child.try_wait() {
            return Err(Some(status));
        }
        sleep(POLL).await;
    }
    Err(None)
}

fn spawn(
    folder: &Folder,
    programs: &Programs,
    account: &Account,
    options: &PrivateOptions,
) -> Result<Child, PrivateError> {
    let socket_folder = folder.socket_folder(account)?;
    let log = open_log(&folder.log())?;
    let errors = log.try_clone().map_err(PrivateError::io("opening", folder.log()))?;
    let program = programs.program("postgres");
    let mut postgres = account.command(&program);
    postgres.arg("-D").arg(folder.data());
    let socket_folder = socket_folder.to_string_lossy();
    // A quoted list entry: the path may hold a comma or a space.
    let directories = format!("\"{}\"", socket_folder.replace('"', "\"\""));
    for (name, value) in settings(options, directories) {
        postgres.arg("-c").arg(format!("{name}={value}"));
    }
    // A group of its own: Ctrl-C in a terminal must not end the database before the service that uses it.
    postgres.process_group(0).current_dir(folder.root()).stdout(log).stderr(errors);
    postgres.spawn().map_err(PrivateError::io("running", program))
}

fn settings(options: &PrivateOptions, socket_directories: String) -> Vec<(&'static str, String)> {
    let flushed = if options.durability == Durability::Durable { "on" } else { "off" };
    let mut settings = vec![
        ("listen_addresses", String::new()),
        ("port", PORT.to_string()),
        ("unix_socket_directories", socket_directories),
        ("unix_socket_permissions", "0700".to_owned()),
        ("fsync", flushed.to_owned()),
        // On in tests too. Without the first, a kill tears a page that is being written (the system copies 4 KiB at a
        // time); without the second, it takes acknowledged commits with it.
        ("full_page_writes", "on".to_owned()),
        ("synchronous_commit", "on".to_owned()),
        // A rebuild of a million events writes some 600 MB of it. A checkpoint that falls into one has every page that was just
        // filled logged whole, which is as much again.
        ("max_wal_size", "2GB".to_owned()),
        ("logging_collector", "off".to_owned()),
        ("log_destination", "stderr".to_owned()),
        ("log_timezone", "UTC".to_owned()),
    ];
    settings.extend(options.max_connections.map(|it| ("max_connections", it.to_string())));
    settings
}

/// The log stays this process's own file: the server's account writes to it through what it inherits.
fn open_log(path: &Path) -> Result<File, PrivateError> {
    if fs::metadata(path).is_ok_and(|log| log.len() > LONGEST_LOG_BYTES) {
        fs::rename(path, path.with_extension("log.1")).map_err(PrivateError::io("setting aside", path))?;
    }
    lock::open(path)
}

fn not_ready(folder: &Folder, log_start: u64) -> PrivateError {
    let log = folder.log();
    let last_lines = last_lines(&log, log_start);
    PrivateError::NotReady { seconds: READY_LIMIT.as_secs(), log, last_lines }
}

/// The last lines of the log after its first `from` bytes, which earlier servers wrote.
fn last_lines(log: &Path, from: u64) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        // A log that was set aside has begun again.
        let from = if from > length { 0 } else { from };
        file.seek(SeekFrom::Start(from.max(length.saturating_sub(TAIL_BYTES))))?;
        let mut tail = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut tail)?;
        Ok(tail)
    };
    let tail = read().unwrap_or_else(|error| format!("(the log cannot be read: {error})").into_bytes());
    let tail = String::from_utf8_lossy(&tail);
    let lines: Vec<&str> = tail.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}
