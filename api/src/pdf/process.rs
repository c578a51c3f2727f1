//! One child process: its pipes, its time, its end.

use std::io;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::asked::repeatable;
use super::end::{describe, out_of_time};
use super::protocol::{Frame, FrameKind, Job, Task, receive_frame, send_frame};
use super::{PdfError, PdfErrorType, PdfLimits, PdfStage, PdfWorker};

/// The hidden command of our own program that serves as the child.
const WORKER_COMMAND: &str = "pdf-worker";

/// What a pipe of a finalisation holds, so that parent and child take turns less often: as much as Linux gives an ordinary
/// user (`pipe-max-size`, proc(5)).
#[cfg(target_os = "linux")]
const PIPE_BYTES: usize = 1 << 20;

/// What is kept of a child's stderr, to tell its end by and for the log; the rest is read and dropped.
const STDERR_BYTES_MAX: usize = 4 * 1024;

/// How long a child that has answered may take to end by itself, and its stderr to close.
const END_SECONDS_MAX: u64 = 5;

/// A child at work. Dropped early, it is killed.
pub(super) struct WorkerProcess {
    child: Child,
    /// Open for as long as the child may work: its end tells the child that we are gone.
    input: ChildStdin,
    output: ChildStdout,
    /// None once what the child said there was told.
    errors: Option<JoinHandle<Vec<u8>>>,
    pid: Option<u32>,
    started: Instant,
    limits: PdfLimits,
    stage: PdfStage,
    seconds_max: u64,
    /// Time that the child has left; only waiting for the child uses it up.
    left: Duration,
}

impl WorkerProcess {
    /// Starts a child and gives it its job; what the task takes is sent after that.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub(super) async fn start(worker: &PdfWorker, task: Task) -> Result<Self, PdfError> {
        let PdfWorker { program, limits, asked_by } = worker;
        let mut child = Command::new(program)
            .arg(WORKER_COMMAND)
            .args(asked_by.arguments())
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C at a terminal goes to the server, which ends its work in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| not_started(&error))?;
        let (Some(input), Some(output), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(not_started(&io::ErrorKind::BrokenPipe.into()));
        };
        #[cfg(target_os = "linux")]
        if let Task::Finalise { .. } = task {
            // A file goes through as a whole, and is waited for. A kernel that does not give as much gives the usual.
            let _ = rustix::pipe::fcntl_setpipe_size(&input, PIPE_BYTES);
            let _ = rustix::pipe::fcntl_setpipe_size(&output, PIPE_BYTES);
        }
        let (stage, seconds_max) = match task {
            Task::Import => (PdfStage::Render, limits.import_seconds_max),
            Task::Finalise { .. } => (PdfStage::Finalise, limits.finalise_seconds_max),
        };
        let pid = child.id();
        tracing::debug!(pid, task = task.as_str(), "a PDF process works");
        let mut process = Self {
            child,
            pid,
            started: Instant::now(),
            input,
            output,
            errors: Some(tokio::spawn(head_of(errors))),
            limits: limits.clone(),
            stage,
            seconds_max,
            left: Duration::from_secs(seconds_max),
        };
        let job = serde_json::to_vec(&Job { task, limits: limits.clone() })
            .map_err(|error| not_started(&error.into()))?;
        process.send(FrameKind::Job, &job).await?;
        Ok(process)
    }

    /// Sends one frame.
    ///
    /// # Errors
    /// When the child's time is over. A child that does not read has ended or will fail; what it answered, and
    /// how it ended, is found by [`Self::receive`].
    pub(super) async fn send(&mut self, kind: FrameKind, payload: &[u8]) -> Result<(), PdfError> {
        let started = Instant::now();
        let sent = timeout(self.left, send_frame(&mut self.input, kind, payload)).await;
        self.left = self.left.saturating_sub(started.elapsed());
        match sent {
            Ok(_sent_or_closed) => Ok(()),
            Err(_elapsed) => Err(self.overran().await),
        }
    }

    /// Waits for the child's next frame.
    ///
    /// # Errors
    /// The failure that the child reports, or what became of it: out of time, out of memory, ended, or saying
    /// what makes no sense. The child is gone then.
    pub(super) async fn receive(&mut self) -> Result<Frame, PdfError> {
        let started = Instant::now();
        let received = timeout(self.left, receive_frame(&mut self.output, &self.limits)).await;
        self.left = self.left.saturating_sub(started.elapsed());
        match received {
            Err(_elapsed) => Err(self.overran().await),
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => Err(self.broke_protocol().await),
            Ok(Err(_closed)) => Err(self.died().await),
            Ok(Ok(frame)) if frame.kind == FrameKind::Failed => {
                match serde_json::from_slice(&frame.payload) {
                    Ok(error) => {
                        self.end().await;
                        Err(error)
                    }
                    Err(_malformed) => Err(self.broke_protocol().await),
                }
            }
            Ok(Ok(frame)) => Ok(frame),
        }
    }

    /// Reads the JSON of a frame that must be of `kind`.
    ///
    /// # Errors
    /// When it is of another kind, or is not that JSON.
    pub(super) async fn decode<T: DeserializeOwned>(
        &mut self,
        frame: Frame,
        kind: FrameKind,
    ) -> Result<T, PdfError> {
        let decoded = (frame.kind == kind).then(|| serde_json::from_slice(&frame.payload).ok()).flatten();
        match decoded {
            Some(value) => Ok(value),
            None => Err(self.broke_protocol().await),
        }
    }

    /// Waits, not for long, until a child that has answered has ended.
    pub(super) async fn end(&mut self) {
        match timeout(Duration::from_secs(END_SECONDS_MAX), self.child.wait()).await {
            Ok(Ok(status)) => {
                let said = self.said().await;
                self.tell(&status.to_string(), &said, status.success());
            }
            Ok(Err(_)) | Err(_) => self.kill().await,
        }
    }

    /// Kills and reaps the child.
    pub(super) async fn kill(&mut self) {
        // Fails only when the child has been reaped already.
        let _ = self.child.kill().await;
        let said = self.said().await;
        self.tell("killed by us", &said, false);
    }

    /// The head of what it wrote on stderr, once it has ended; nothing the second time.
    async fn said(&mut self) -> Vec<u8> {
        let Some(errors) = self.errors.take() else { return Vec::new() };
        timeout(Duration::from_secs(END_SECONDS_MAX), errors)
            .await
            .ok()
            .and_then(Result::ok)
            .unwrap_or_default()
    }

    /// Logs how the child ended, in the span of the work, and what it said as far as that is not the document's.
    fn tell(&self, status: &str, said: &[u8], well: bool) {
        let (pid, said_bytes, said) = (self.pid, said.len(), repeatable(said).join(" | "));
        let millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if well && said_bytes == 0 {
            tracing::debug!(pid, status, millis, "a PDF process ended");
        } else {
            tracing::warn!(pid, status, millis, said, said_bytes, "a PDF process had trouble");
        }
    }

    /// The child said what no child of ours says.
    pub(super) async fn broke_protocol(&mut self) -> PdfError {
        self.kill().await;
        let detail =
            "The PDF process answered what cannot be understood. Retry; if it happens again, report it.";
        PdfError::new(PdfStage::Worker, PdfErrorType::Unknown, detail)
    }

    async fn overran(&mut self) -> PdfError {
        self.kill().await;
        out_of_time(self.stage, self.seconds_max)
    }

    /// The child closed its output without an answer: tell why from how it ended.
    async fn died(&mut self) -> PdfError {
        let wait = Duration::from_secs(END_SECONDS_MAX);
        let status = match timeout(wait, self.child.wait()).await {
            Ok(Ok(status)) => status,
            Ok(Err(_)) | Err(_) => {
                self.kill().await;
                return self.broke_protocol().await;
            }
        };
        let said = self.said().await;
        self.tell(&status.to_string(), &said, false);
        describe(status, &said, self.stage, self.seconds_max, &self.limits)
    }
}

/// Reads a child's stderr to its end, so that the child never waits for room in it, and keeps the head.
async fn head_of(mut errors: ChildStderr) -> Vec<u8> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok(count @ 1..) = errors.read(&mut buffer).await {
        let room = STDERR_BYTES_MAX - head.len();
        head.extend_from_slice(&buffer[..count.min(room)]);
    }
    head
}

fn not_started(error: &io::Error) -> PdfError {
    PdfError::new(
        PdfStage::Worker,
        PdfErrorType::Unknown,
        format!("The PDF process could not be started: {error}."),
    )
}
