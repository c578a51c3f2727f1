//! Group commit: a task of its own that takes what is queued, a batch at a time, into the ledger.
//!
//! Architecture invariant: a command that is queued is appended or answered with a failure, whatever becomes of its caller,
//! and none is answered before its transaction is committed.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::Timestamp;
use sqlx::postgres::PgConnectOptions;
use sqlx::types::chrono::{DateTime, Utc};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout};

use super::call::{append_events, timestamp};
use super::error::Trouble;
use super::queued::{Outcome, Queued};
use super::session::Session;
use super::{AppendSeen, BatchSeen, Busy, LedgerError, LedgerLimits, Shared};

/// The appending end of the queue.
pub(super) struct Batcher {
    pub(super) shared: Arc<Shared>,
    pub(super) queue: mpsc::Receiver<Queued>,
    /// Where the last position is told to the notifier.
    pub(super) appended: watch::Sender<i64>,
    session: Session,
    /// A command that was taken off the queue and did not fit into the last batch.
    held: Option<Queued>,
    /// How long the last batch took.
    last_call: Duration,
}

/// A batch waits for commands that are being decided for at most this part of what the last one took.
const WAIT_FOR_DECISIONS: u32 = 16;

/// A batch that the database refused as a whole, and why.
type RefusedBatch = (Vec<Queued>, sqlx::Error);

impl Batcher {
    pub(super) fn new(
        shared: Arc<Shared>,
        queue: mpsc::Receiver<Queued>,
        appended: watch::Sender<i64>,
        options: &PgConnectOptions,
    ) -> Self {
        let session = Session::new(&appending(options, &shared.limits), &shared.limits);
        Self { shared, queue, appended, session, held: None, last_call: Duration::ZERO }
    }

    /// Runs until every handle of the ledger is gone and the queue is empty.
    pub(super) async fn run(mut self) {
        loop {
            let first = match self.held.take() {
                Some(held) => held,
                None => match timeout(self.shared.limits.clock_age, self.queue.recv()).await {
                    Ok(Some(first)) => first,
                    Ok(None) => return,
                    Err(_) => {
                        self.read_clock().await;
                        continue;
                    }
                },
            };
            let batch = self.fill(first).await;
            let began = Instant::now();
            self.commit(batch).await;
            self.last_call = began.elapsed();
        }
    }

    /// Takes what is there behind `first`, within the bounds of a batch. While commands are being decided, lets them run and waits
    /// for them, but not for longer than a small part of what a batch takes: a command that comes right behind a batch waits for
    /// all of it. Where nobody decides anything it does not even yield, which would wake another thread of the runtime for nothing.
    async fn fill(&mut self, first: Queued) -> Vec<Queued> {
        let LedgerLimits { batch_commands, batch_bytes, .. } = self.shared.limits;
        let mut bytes = first.bytes;
        let mut batch = vec![first];
        let until = Instant::now() + self.last_call / WAIT_FOR_DECISIONS;
        loop {
            while batch.len() < batch_commands {
                let Ok(next) = self.queue.try_recv() else { break };
                bytes += next.bytes;
                if bytes > batch_bytes {
                    self.held = Some(next);
                    return batch;
                }
                batch.push(next);
            }
            if batch.len() >= batch_commands || !self.shared.deciding() || Instant::now() >= until {
                return batch;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Commits a batch and answers it; what is refused as a whole is sent again one by one, so that a command that the
    /// database cannot take harms no other.
    async fn commit(&mut self, batch: Vec<Queued>) {
        let Err((batch, error)) = self.commit_whole(batch).await else { return };
        if batch.len() == 1 {
            return answer_all(batch, &Outcome::Failed(LedgerError::Database(Arc::new(error))));
        }
        tracing::warn!(
            cause = domain::chain(&error),
            commands = batch.len(),
            "a batch was refused; its commands are sent one by one"
        );
        for queued in batch {
            if let Err((alone, error)) = self.commit_whole(vec![queued]).await {
                answer_all(alone, &Outcome::Failed(LedgerError::Database(Arc::new(error))));
            }
        }
    }

    /// Sends a batch until its outcome is known or patience ends. Repeating is safe: `append_events` knows the commands
    /// that it applied, and the answer to our own duplicate is success.
    async fn commit_whole(&mut self, batch: Vec<Queued>) -> Result<(), RefusedBatch> {
        let began = Instant::now();
        let deadline = batch.first().map_or(began, |queued| queued.since) + self.shared.limits.patience;
        let mut may_be_done = false;
        loop {
            let (trouble, error) = match self.call(&batch).await {
                Ok((outcomes, clock)) => {
                    clock.into_iter().for_each(|clock| self.shared.clock.learn(clock));
                    self.see(&batch, &outcomes, began);
                    batch.into_iter().zip(outcomes).for_each(|(queued, outcome)| queued.answer(outcome));
                    return Ok(());
                }
                Err(error) => error,
            };
            match trouble {
                Trouble::Refused => return Err((batch, error)),
                Trouble::Busy if !may_be_done => {
                    tracing::warn!(
                        cause = domain::chain(&error),
                        commands = batch.len(),
                        "the append lock was not to be had"
                    );
                    answer_all(batch, &Outcome::Busy(Busy::AppendLock));
                    return Ok(());
                }
                Trouble::Busy | Trouble::NotDone => {}
                Trouble::Unknown => may_be_done = true,
            }
            tracing::warn!(
                cause = domain::chain(&error),
                commands = batch.len(),
                "the connection that appends was lost; trying again"
            );
            self.session.lose();
            self.shared.show(AppendSeen::ConnectionLost);
            if Instant::now() >= deadline {
                let away = if may_be_done { Outcome::Unknown } else { Outcome::Busy(Busy::Database) };
                answer_all(batch, &away);
                return Ok(());
            }
            self.session.back_off(deadline).await;
        }
    }

    async fn call(
        &mut self,
        batch: &[Queued],
    ) -> Result<(Vec<Outcome>, Option<Timestamp>), (Trouble, sqlx::Error)> {
        let patience = self.shared.limits.call_timeout();
        // What fails before there is a connection has not reached the server.
        let connection = self.session.connection().await.map_err(|error| (Trouble::NotDone, error))?;
        let called = timeout(patience, append_events(connection, batch)).await;
        let called =
            called.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()));
        if called.is_ok() {
            self.session.works();
        }
        called.map_err(|error| (Trouble::of(&error), error))
    }

    fn see(&self, batch: &[Queued], outcomes: &[Outcome], began: Instant) {
        let mut events = 0;
        for (queued, outcome) in batch.iter().zip(outcomes) {
            if let Outcome::Applied { last, .. } = *outcome {
                events += queued.append.events.len();
                self.appended
                    .send_if_modified(|position| std::mem::replace(position, last.max(*position)) < last);
            }
        }
        self.shared.appended_events.fetch_add(events as u64, Ordering::Relaxed);
        let batch = BatchSeen { commands: batch.len(), events, duration: began.elapsed() };
        self.shared.show(AppendSeen::Batch(batch));
    }

    /// Keeps the clock and the connection fresh while nothing is appended. What fails here is met by the next append.
    async fn read_clock(&mut self) {
        let limit = self.shared.limits.connect_timeout;
        let Ok(connection) = self.session.connection().await else { return };
        let read = sqlx::query_scalar::<_, DateTime<Utc>>("SELECT clock_timestamp()").fetch_one(connection);
        match timeout(limit, read).await {
            Ok(Ok(clock)) => self.shared.clock.learn(timestamp(clock)),
            Ok(Err(_)) | Err(_) => self.session.lose(),
        }
    }
}

fn answer_all(batch: Vec<Queued>, outcome: &Outcome) {
    batch.into_iter().for_each(|queued| queued.answer(outcome.clone()));
}

/// The options of the connection that appends.
fn appending(options: &PgConnectOptions, limits: &LedgerLimits) -> PgConnectOptions {
    options.clone().options([
        ("lock_timeout", limits.lock_timeout.as_millis().to_string()),
        ("statement_timeout", limits.statement_timeout.as_millis().to_string()),
        // `append_events` needs to see what others committed while it waited. Options are split at unescaped spaces.
        ("default_transaction_isolation", r"read\ committed".to_owned()),
        // A plan that was cached while `events` was nearly empty must not read it whole when it is not.
        ("enable_seqscan", "off".to_owned()),
        ("jit", "off".to_owned()),
        // Planning anew for each batch, which Postgres would choose, takes half as long as a small batch itself.
        ("plan_cache_mode", "force_generic_plan".to_owned()),
    ])
}
