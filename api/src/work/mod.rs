//! The workers: imports, finalisations, and the end of leases that nobody gave back.
//!
//! What is to do is a view, `work_queue`, so that there is no second source of truth. A worker claims an item
//! under a lease, works outside any transaction, and appends the outcome for the attempt that it read; a worker that
//! dies leaves a lease that runs out, and another repeats the work. Sequence and basis make a repeat harmless.
//!
//! Architecture invariants: a failure is an event of its own, appended after the work has ended (L4); durations are
//! taken from the claim to the end, failures included (L14).

mod claims;
mod drift;
mod duty;
mod erase;
mod expire;
mod finalise;
mod import;
mod overlay;
mod prune;
mod record;
mod slot;
mod sweep;

use std::time::Duration;

use projections::views::PageSize;
use projections::views::work_queue::Patience;
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::app::App;
use crate::pdf::PdfWorker;

/// What the workers of one process may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkLimits {
    /// Items in hand at a time; each import or finalisation is a child process that uses all cores.
    pub slots: usize,
    /// How long a claim holds without being renewed.
    pub lease: Duration,
    /// How often a claim is renewed.
    pub renewal: Duration,
    /// How long an idle slot waits before it looks again.
    pub poll: Duration,
    /// How long a failed attempt rests before the next.
    pub patience: Patience,
    /// How often one item is begun and never ended before its failure is recorded instead.
    pub claims: u32,
    /// How often ended leases are looked for.
    pub expiry_poll: Duration,
    /// Leases that one look ends.
    pub expiries: PageSize,
    /// How often blobs that no event names are looked for.
    pub sweep_poll: Duration,
    /// How old such a blob must be before it is removed.
    pub sweep_age: Duration,
    /// How often approved erasures are looked for.
    pub erasure_poll: Duration,
    /// How long after the destruction of keys it is done once more and recorded: longer than any request or work goes on with a
    /// key that it has read, and than keys are kept in memory.
    pub erasure_settle: Duration,
    /// How often a few copies are held to their events, in every view.
    pub drift_poll: Duration,
    /// How many copies, and as many exams.
    pub drift_streams: usize,
    /// How long an item in hand may go on once the service is told to stop.
    pub shutdown: Duration,
}

impl Default for WorkLimits {
    fn default() -> Self {
        Self {
            slots: 2,
            lease: Duration::from_secs(15),
            renewal: Duration::from_secs(5),
            poll: Duration::from_millis(200),
            patience: Patience { first_ms: 2_000, longest_ms: 60_000 },
            claims: 3,
            expiry_poll: Duration::from_secs(1),
            expiries: PageSize::MAX,
            sweep_poll: Duration::from_secs(3_600),
            sweep_age: Duration::from_secs(24 * 3_600),
            erasure_poll: Duration::from_secs(1),
            erasure_settle: Duration::from_secs(300),
            drift_poll: Duration::from_secs(60),
            drift_streams: 20,
            shutdown: Duration::from_secs(10),
        }
    }
}

/// What every worker of a process works with.
#[derive(Clone, Debug)]
struct Bench {
    app: App,
    pdf: PdfWorker,
    limits: WorkLimits,
    /// This process, as claims name it.
    worker: Uuid,
}

/// The workers of this process.
#[derive(Debug)]
pub struct Workers {
    worker: Uuid,
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
    shutdown: Duration,
}

impl Workers {
    /// Starts the workers; `drift_check` is whether views are held to their events as well.
    #[must_use]
    pub fn start(app: App, pdf: PdfWorker, limits: WorkLimits, drift_check: bool) -> Self {
        let (stop, stopped) = watch::channel(false);
        let shutdown = limits.shutdown;
        let slots = limits.slots;
        app.metrics.work_slots(slots);
        let bench = Bench { app, pdf, limits, worker: Uuid::now_v7() };
        let (worker, mut tasks) = (bench.worker, JoinSet::new());
        for _ in 0..slots {
            tasks.spawn(slot::run(bench.clone(), stopped.clone()));
        }
        tasks.spawn(erase::run(bench.clone(), stopped.clone()));
        tasks.spawn(expire::run(bench.clone(), stopped.clone()));
        if drift_check {
            tasks.spawn(drift::run(bench.clone(), stopped.clone()));
        }
        tasks.spawn(prune::run(bench.clone(), stopped.clone()));
        tasks.spawn(sweep::run(bench, stopped));
        Self { worker, tasks, stop, shutdown }
    }

    /// The name of this process in claims and duties.
    #[must_use]
    pub const fn worker(&self) -> Uuid {
        self.worker
    }

    /// Lets the items in hand end within [`WorkLimits::shutdown`]; what does not is left to another worker, when its
    /// lease has run out.
    pub async fn stop(mut self) {
        // Without receivers there is no task left to stop.
        let _ = self.stop.send(true);
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(self.shutdown, ended).await.is_err() {
            tracing::warn!("work in hand did not end in time; another worker will repeat it");
            self.tasks.shutdown().await;
        }
    }
}

/// Waits until `stop` says so, or as long as `pause`. Answers whether to go on.
async fn goes_on(stop: &mut watch::Receiver<bool>, pause: Duration) -> bool {
    let stopped = tokio::time::timeout(pause, stop.wait_for(|stopped| *stopped)).await;
    // An error of the channel means that whoever could stop us is gone.
    stopped.is_err()
}
