//! The task of one projector: connect, lead, fold, and begin again when the database went away.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tracing::{error, info, warn};
use uuid::Uuid;

use super::ProjectorLimits;
use super::backoff::Backoff;
use super::held::Held;
use super::lease::Lease;
use super::reconcile::{Line, reconcile};
use super::step::{Step, step};
use crate::left_out::LeftOut;
use crate::projector::Projector;
use crate::reading::Progress;
use crate::stream::Unreadable;

pub(super) struct Task<P: Projector> {
    leader: Uuid,
    options: PgConnectOptions,
    limits: ProjectorLimits,
    progress: Arc<Progress>,
    wake: watch::Receiver<u64>,
    stop: watch::Receiver<bool>,
    backoff: Backoff,
    held: Held<P>,
}

/// Why a leader leads no more.
enum Ended {
    /// It is to stop.
    Stopped,
    /// Somebody else leads.
    Lost,
}

impl<P: Projector> Task<P> {
    pub(super) fn new(
        leader: Uuid,
        options: PgConnectOptions,
        limits: ProjectorLimits,
        progress: Arc<Progress>,
        wake: watch::Receiver<u64>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let (backoff, held) = (Backoff::new(limits), Held::new());
        Self { leader, options, limits, progress, wake, stop, backoff, held }
    }

    pub(super) async fn run(mut self) {
        while !self.is_stopped() {
            // A fold that panics is a bug, and must not end a view in silence: it is tried again, and shows in the lag.
            match AssertUnwindSafe(self.session()).catch_unwind().await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => {
                    warn!(view = %P::VIEW, %error, "a projector was interrupted and begins again")
                }
                Err(_) => error!(view = %P::VIEW, "a projector panicked and begins again"),
            }
            let wait = self.backoff.wait();
            tokio::select! {
                () = sleep(wait) => {}
                _ = self.stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// One connection's life. Ends well when the task is to stop.
    async fn session(&mut self) -> Result<(), sqlx::Error> {
        let mut connection = self.options.connect().await?;
        while !self.is_stopped() {
            let lease = Lease::acquire(&mut connection, P::VIEW, self.leader, self.limits.lease).await?;
            let Some(mut lease) = lease else {
                self.backoff.reset();
                self.stand_by().await;
                continue;
            };
            info!(view = %P::VIEW, position = lease.position, "leads");
            self.held.clear();
            self.progress.committed(P::VIEW, lease.position);
            match self.lead(&mut connection, &mut lease).await? {
                Ended::Lost => info!(view = %P::VIEW, position = lease.position, "another process leads"),
                Ended::Stopped => lease.release(&mut connection).await?,
            }
        }
        Ok(())
    }

    async fn lead(&mut self, connection: &mut PgConnection, lease: &mut Lease) -> Result<Ended, sqlx::Error> {
        let mut renewed = Instant::now();
        // When it was last looked at what is parked.
        let mut looked: Option<Instant> = None;
        let mut left_out = LeftOut::default();
        while !self.is_stopped() {
            // Seen before looking, so that what is appended while we look wakes the rest that follows.
            self.wake.mark_unchanged();
            // A stopped view looks each time: parking the stream that stops it wakes it. One that goes on has time.
            if lease.poison.is_some() || looked.is_none_or(|at| at.elapsed() >= self.limits.renew_every) {
                let line = reconcile(connection, lease, &mut self.held, &mut left_out, &self.limits).await?;
                looked = Some(Instant::now());
                match line {
                    Line::Stands => {}
                    Line::Lost => return Ok(Ended::Lost),
                    Line::Poison(poison) if self.stop_at(connection, lease, &poison).await? => {}
                    Line::Poison(_) => return Ok(Ended::Lost),
                }
            }
            if lease.poison.is_none() {
                let before = lease.position;
                let outcome = step(connection, lease, &mut self.held, &mut left_out, &self.limits).await?;
                self.backoff.reset();
                if lease.position != before {
                    renewed = Instant::now();
                    self.progress.committed(P::VIEW, lease.position);
                }
                match outcome {
                    Step::Folded => continue,
                    Step::UpToDate => {}
                    Step::Lost => return Ok(Ended::Lost),
                    Step::Poison(poison) => {
                        if !self.stop_at(connection, lease, &poison).await? {
                            return Ok(Ended::Lost);
                        }
                    }
                }
            }
            self.rest().await;
            // A stopped view looks each time: an operator's retry wakes it.
            if lease.poison.is_some() || renewed.elapsed() >= self.limits.renew_every {
                let was_stopped = lease.poison.is_some();
                if !lease.renew(connection, self.limits.lease).await? {
                    return Ok(Ended::Lost);
                }
                renewed = Instant::now();
                if was_stopped && lease.poison.is_none() {
                    // What stopped it may be a stream that is parked no more, and is to be tried again first.
                    looked = None;
                }
            }
        }
        Ok(Ended::Stopped)
    }

    /// Says and records what stops the view. False: somebody else leads.
    async fn stop_at(
        &self,
        connection: &mut PgConnection,
        lease: &mut Lease,
        poison: &Unreadable,
    ) -> Result<bool, sqlx::Error> {
        error!(
            view = %P::VIEW, position = poison.position, stream = poison.stream,
            event_type = poison.event_type, cause = poison.cause,
            "a view stops before an event that it cannot fold"
        );
        lease.record_poison(connection, poison).await
    }

    /// Until it is time to ask for the lease again, or the task is to stop. Appends wake the leader alone: were every
    /// process to ask at each of them, the row of the lease would be busy with nothing else.
    async fn stand_by(&mut self) {
        tokio::select! {
            () = sleep(self.limits.poll_every) => {}
            _ = self.stop.wait_for(|stop| *stop) => {}
        }
    }

    /// Until something is appended, it is time to poll or to renew, or the task is to stop.
    async fn rest(&mut self) {
        tokio::select! {
            () = sleep(self.limits.poll_every.min(self.limits.renew_every)) => {}
            _ = self.wake.changed() => {}
            _ = self.stop.wait_for(|stop| *stop) => {}
        }
    }

    fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }
}
