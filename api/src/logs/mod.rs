//! Logs: one JSON object a line, to stdout or to files of bounded size.
//!
//! A line has always `timestamp` (RFC 3339, UTC, microseconds), `level`, `target`, `message`, and `request_id`,
//! `user_id`, `copy_id` and `position` (null where they are not known: they come from the event or the spans around it);
//! `trace_id` and `span_id` where the caller sent a `traceparent`; what else event and spans say stands in `fields`. An
//! error stands there as `cause`, with its own causes ([`domain::chain`]). `user_id` is a pseudonym; nothing personal is in
//! any line, since no event holds it.
//!
//! Levels: INFO is normal; WARNING is over by itself or by another attempt (a lock conflict, a lost connection); ERROR needs
//! somebody's look; CRITICAL is the system's own trouble, such as retries that are exhausted. DEBUG and TRACE when asked for.
//!
//! Writing never blocks the service: lines go through a bounded queue to a thread. They are dropped, and counted, when it is
//! full, and when the thread cannot write them.

mod layer;
mod line;
mod rotation;
mod said;
mod sink;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

use layer::Lines;
pub use line::Format;
use rotation::RotatingFile;
use sink::{BUFFER_BYTES, Counting, Lost};

use crate::limits::LogLimits;
use crate::metrics::Source;

/// The target of lines about who did what; with a folder they go to a file of their own.
pub const AUDIT: &str = "gradeledger::audit";

/// What is logged unless told otherwise: of the libraries, only what went wrong.
pub const DEFAULT_FILTER: &str = "info,sqlx=warn,hyper=warn,hyper_util=warn,object_store=warn";

/// The crates whose TRACE is logged where it is asked for. That of libraries repeats what a client sent, paths and headers
/// included, and never is.
const OURS: [&str; 4] = ["gradeledger", "projections", "migrations", "domain"];

/// Logs at level CRITICAL: the system itself is in trouble, and a person has to act. Takes what
/// `tracing::error!` takes after the target.
#[macro_export]
macro_rules! critical {
    ($($said:tt)+) => { ::tracing::error!(critical = true, $($said)+) };
}

/// Where logs go, and what is in them.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// JSON, or text for people at a terminal. Files are always JSON.
    pub format: Format,
    /// A folder for `ledger.log` and `audit.log`; without one all goes to stdout.
    pub folder: Option<PathBuf>,
    /// Which lines, as `RUST_LOG` has it: see [`DEFAULT_FILTER`].
    pub filter: String,
    /// Sizes and numbers.
    pub limits: LogLimits,
}

/// Why logging could not begin.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter does not parse.
    #[error("the log filter {filter:?} cannot be read ({source}); an example: {DEFAULT_FILTER}")]
    BadFilter {
        /// What was given.
        filter: String,
        /// What is wrong.
        source: tracing_subscriber::filter::ParseError,
    },
    /// A log file could not be opened.
    #[error("cannot write logs to {}: {source}; choose another folder with --log-dir", .path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no stdout to write to.
    #[error("cannot write logs to stdout: {0}; choose a folder with --log-dir")]
    NoStdout(#[source] io::Error),
    /// The process logs already.
    #[error("logging was begun twice")]
    Twice(#[from] TryInitError),
}

/// How long the end of the process waits for queued lines to be written; a sink that takes none must not hold it up.
const LAST_LINES: Duration = Duration::from_secs(2);

/// Keeps the logs going. Dropping it writes what is queued.
#[derive(Debug)]
pub struct Logs {
    writers: Vec<WorkerGuard>,
    dropped: Vec<(&'static str, Dropped)>,
}

/// What counts the lines that a log does not have.
#[derive(Clone, Debug)]
struct Dropped {
    /// Their queue was full.
    queue: ErrorCounter,
    /// They could not be written.
    sink: Lost,
}

impl Logs {
    /// The figures of dropped lines.
    #[must_use]
    pub fn source(&self) -> Source {
        let dropped = self.dropped.clone();
        Source::new("logs", move |metrics| {
            for (log, Dropped { queue, sink }) in &dropped {
                metrics.dropped_lines(log, queue.dropped_lines().saturating_add(sink.lines()));
            }
            async { Ok(()) }
        })
    }

    fn writer(
        &mut self,
        log: &'static str,
        to: impl Write + Send + 'static,
        limits: &LogLimits,
    ) -> NonBlocking {
        let lost = Lost::default();
        let builder = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(limits.queue_lines);
        let (writer, guard) = builder.thread_name(log).finish(Counting::new(to, lost.clone()));
        self.dropped.push((log, Dropped { queue: writer.error_counter(), sink: lost }));
        self.writers.push(guard);
        writer
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        let (done, written) = mpsc::channel();
        let writers = std::mem::take(&mut self.writers);
        // A guard says on stdout that it waited in vain, and that may be the very pipe which nobody reads.
        let last = std::thread::Builder::new().name("last log lines".to_owned()).spawn(move || {
            drop(writers);
            // Whoever waited may be gone.
            let _ = done.send(());
        });
        if last.is_ok() {
            let _ = written.recv_timeout(LAST_LINES);
        }
    }
}

/// Begins logging, for the whole process.
///
/// # Errors
/// A filter that cannot be read, a folder that cannot be written, or that it was begun before.
pub fn begin(options: &LogOptions) -> Result<Logs, LogError> {
    let (subscriber, logs) = subscriber(options)?;
    subscriber.try_init()?;
    log_panics();
    Ok(logs)
}

/// Has every panic logged where it happens, with the ids of its span: a task that ends of one would end without a trace in the
/// logs. What it said stays out, since it could be a piece of somebody's text; who looks for the fault with made-up texts gets
/// it on stderr by `RUST_BACKTRACE`.
fn log_panics() {
    let to_stderr = std::env::var_os("RUST_BACKTRACE").map(|_| std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        let location = panic.location().map(ToString::to_string);
        crate::critical!(location, "a panic: a fault of this program; please report it");
        if let Some(to_stderr) = &to_stderr {
            to_stderr(panic);
        }
    }));
}

/// The same without making it the process's own, for tests and for tools that bring their own.
///
/// # Errors
/// As [`begin`].
pub fn subscriber(
    options: &LogOptions,
) -> Result<(impl tracing::Subscriber + Send + Sync + use<>, Logs), LogError> {
    let filter = EnvFilter::try_new(&options.filter)
        .map_err(|source| LogError::BadFilter { filter: options.filter.clone(), source })?;
    let mut logs = Logs { writers: Vec::new(), dropped: Vec::new() };
    let lines = match &options.folder {
        None => {
            // Not through the lock of the standard library's stdout, which a write to a full pipe would hold.
            let stdout = io::stdout().as_fd().try_clone_to_owned().map_err(LogError::NoStdout)?;
            let stdout = BufWriter::with_capacity(BUFFER_BYTES, File::from(stdout));
            let stdout = logs.writer("stdout", stdout, &options.limits);
            Lines { format: options.format, ledger: stdout.clone(), audit: stdout }
        }
        Some(folder) => {
            let mut file = |log, name| -> Result<NonBlocking, LogError> {
                let path = folder.join(name);
                let file = RotatingFile::open(path.clone(), options.limits.file_bytes, options.limits.files)
                    .map_err(|source| LogError::Unwritable { path, source })?;
                Ok(logs.writer(log, file, &options.limits))
            };
            Lines {
                format: Format::Json,
                ledger: file("ledger", "ledger.log")?,
                audit: file("audit", "audit.log")?,
            }
        }
    };
    let ours = OURS.into_iter().fold(Targets::new().with_default(LevelFilter::DEBUG), |targets, ours| {
        targets.with_target(ours, LevelFilter::TRACE)
    });
    Ok((tracing_subscriber::registry().with(filter).with(ours).with(lines), logs))
}
