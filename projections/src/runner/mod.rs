//! The projectors: one task a view, any number of processes, one leader a view.

mod backoff;
mod found;
mod held;
mod lease;
mod limits;
mod listen;
mod reconcile;
mod step;
mod task;

use std::fmt;
use std::sync::Arc;

use domain::Reader;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::warn;
use uuid::Uuid;

pub(crate) use backoff::Backoff;
pub use limits::ProjectorLimits;
pub(crate) use listen::Listening;

use crate::projector::Projector;
use crate::reading::Views;
use crate::views::annotations::Annotations;
use crate::views::audit_trail::AuditTrail;
use crate::views::copies::Copies;
use crate::views::copy_locks::CopyLocks;
use crate::views::exams::Exams;
use crate::views::parked::Parked;
use crate::views::subjects::Subjects;
use crate::views::work_queue::WorkQueue;
use found::Foundry;

/// What the sessions of projectors call themselves.
pub(crate) const APPLICATION: &str = "gradeledger projector";

/// The projectors that run in this process. Dropping them ends them where they stand, which costs no event: whoever
/// leads next goes on from the last commit.
pub struct Projectors {
    leader: Uuid,
    reader: Reader,
    views: Views,
    options: PgConnectOptions,
    limits: ProjectorLimits,
    foundry: Arc<Foundry>,
    stop: watch::Sender<bool>,
    wake: watch::Sender<u64>,
    tasks: JoinSet<()>,
}

/// Without the options of its connections, which hold a password.
impl fmt::Debug for Projectors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Projectors")
            .field("leader", &self.leader)
            .field("reader", &self.reader)
            .finish_non_exhaustive()
    }
}

impl Projectors {
    /// Runs a projector for every view. Each holds a connection of its own, beside the pools of `views`; one more listens.
    #[must_use]
    pub fn start(views: &Views, limits: ProjectorLimits) -> Self {
        let mut projectors = Self::none(views, limits);
        projectors.run_all();
        projectors
    }

    /// Those that run from now on read as `reader`, not as this build does: an older process in a rolling upgrade.
    #[must_use]
    pub const fn as_reader(mut self, reader: Reader) -> Self {
        self.reader = reader;
        self
    }

    /// Runs a projector for every view.
    pub fn run_all(&mut self) {
        self.run::<Copies>();
        self.run::<CopyLocks>();
        self.run::<Annotations>();
        self.run::<AuditTrail>();
        self.run::<WorkQueue>();
        self.run::<Exams>();
        self.run::<Parked>();
        self.run::<Subjects>();
    }

    /// Runs no projector yet, but listens.
    #[must_use]
    pub fn none(views: &Views, limits: ProjectorLimits) -> Self {
        let options = (*views.upkeep().connect_options()).clone();
        let options = options.application_name(APPLICATION).options([
            // A lost commit of a projector is folded again, rows and checkpoint together: nothing waits for its flush.
            ("synchronous_commit", "off".to_owned()),
            // A leader that is suspended in the middle of a batch holds locks on rows. Whoever leads when the lease is
            // over must not wait for them longer than for the lease itself.
            ("idle_in_transaction_session_timeout", limits.lease.as_millis().max(1).to_string()),
        ]);
        let mut projectors = Self {
            leader: Uuid::now_v7(),
            reader: Reader::CURRENT,
            views: views.clone(),
            foundry: Arc::new(Foundry::new(options.clone(), limits)),
            options,
            limits,
            stop: watch::Sender::new(false),
            wake: watch::Sender::new(0),
            tasks: JoinSet::new(),
        };
        let listening = listen::Listening {
            options: projectors.options.clone(),
            backoff: Backoff::new(limits),
            wake: projectors.wake.clone(),
            stop: projectors.stop.subscribe(),
        };
        projectors.tasks.spawn(listening.run());
        projectors
    }

    /// Runs the projector `P` as well.
    pub fn run<P: Projector>(&mut self) {
        let task = task::Task::<P>::new(
            (self.leader, self.reader),
            folding(&self.options),
            self.limits,
            self.views.progress(),
            Arc::clone(&self.foundry),
            self.wake.subscribe(),
            self.stop.subscribe(),
        );
        self.tasks.spawn(task.run());
    }

    /// The id under which this process leads.
    #[must_use]
    pub const fn leader(&self) -> Uuid {
        self.leader
    }

    /// Lets every projector end the batch that it has in hand and give its lease back, so that another process leads
    /// at once; ends those that take longer than [`ProjectorLimits::stop_within`].
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(self.limits.stop_within, all).await.is_err() {
            warn!("projectors did not stop in time; their leases run out by themselves");
            self.tasks.shutdown().await;
        }
    }
}

/// The options of the connections that fold. What they ask is always found by a key, so that a plan is made once: what follows
/// a position would else be planned anew at each batch, since the planner thinks little of what is behind the last one it knows.
fn folding(options: &PgConnectOptions) -> PgConnectOptions {
    options.clone().options([
        // A plan that was kept while a table was nearly empty must not read it whole when it is not.
        ("enable_seqscan", "off"),
        ("jit", "off"),
        ("plan_cache_mode", "force_generic_plan"),
    ])
}
