//! A process that serves says so, every few seconds: so that `gradeledger status` can tell a queue that nobody works on from
//! one whose workers are all busy.

use std::time::Duration;

use domain::READER;
use sqlx::PgPool;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// How a process says that it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PresenceLimits {
    /// How often it says so.
    pub every: Duration,
    /// How long after that it is taken to be alive.
    pub alive: Duration,
    /// How long a process that fell silent is still told of.
    pub kept: Duration,
}

impl Default for PresenceLimits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { every: seconds(5), alive: seconds(20), kept: seconds(600) }
    }
}

/// What a process says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    /// What it runs: `api`, `projectors`, `workers`.
    pub(crate) parts: Vec<&'static str>,
    /// Its name in claims and duties.
    pub(crate) worker: Option<Uuid>,
    /// Its name in the leases of views.
    pub(crate) projector: Option<Uuid>,
}

/// Says it until it is told to stop.
#[derive(Debug)]
pub(crate) struct Presence {
    task: JoinHandle<()>,
    stop: watch::Sender<bool>,
    longest: Duration,
}

impl Presence {
    pub(crate) fn start(pool: PgPool, process: Process, limits: PresenceLimits) -> Self {
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(run(pool, process, limits, stopped));
        Self { task, stop, longest: limits.every }
    }

    /// Takes the word back, so that nobody takes the process for alive.
    pub(crate) async fn stop(self) {
        // Without a receiver the task has ended already.
        let _ = self.stop.send(true);
        let task = self.task.abort_handle();
        if tokio::time::timeout(self.longest, self.task).await.is_err() {
            task.abort();
        }
    }
}

async fn run(pool: PgPool, process: Process, limits: PresenceLimits, mut stop: watch::Receiver<bool>) {
    let (id, host) = (Uuid::now_v7(), host());
    loop {
        // A database that does not answer is told by everything else as well.
        if let Err(error) = say(&pool, id, &host, &process, limits).await {
            tracing::debug!(cause = domain::chain(&error), "that this process is alive could not be written");
        }
        if tokio::time::timeout(limits.every, stop.wait_for(|stopped| *stopped)).await.is_ok() {
            break;
        }
    }
    let gone = sqlx::query("DELETE FROM processes WHERE process = $1").bind(id).execute(&pool).await;
    if let Err(error) = gone {
        tracing::debug!(
            cause = domain::chain(&error),
            "that this process ends could not be written; it is taken for dead soon"
        );
    }
}

async fn say(
    pool: &PgPool,
    id: Uuid,
    host: &str,
    process: &Process,
    limits: PresenceLimits,
) -> Result<(), sqlx::Error> {
    let pid = i32::try_from(std::process::id()).unwrap_or_default();
    sqlx::query(include_str!("presence.sql"))
        .bind(id)
        .bind(&process.parts)
        .bind(process.worker)
        .bind(process.projector)
        .bind(host)
        .bind(pid)
        .bind(env!("CARGO_PKG_VERSION"))
        .bind(READER)
        .bind(limits.kept.as_secs_f64())
        .execute(pool)
        .await?;
    Ok(())
}

/// The name of this machine, as it calls itself.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "unknown".to_owned() } else { name.to_owned() }
}
