//! The task of one projector: connect, lead, fold, and begin again when the database went away.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use domain::Reader;
use futures::FutureExt;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{error, info, warn};
use uuid::Uuid;

use super::ProjectorLimits;
use super::backoff::Backoff;
use super::found::{Founded, Foundry};
use super::held::Held;
use super::lease::{Asked, Lease};
use super::reconcile::{Line, reconcile};
use super::step::{Step, step};
use crate::left_out::LeftOut;
use crate::projector::Projector;
use crate::reading::Progress;
use crate::stream::{NewerEvent, Unreadable};

pub(super) struct Task<P: Projector> {
    leader: Uuid,
    reader: Reader,
    options: PgConnectOptions,
    limits: ProjectorLimits,
    progress: Arc<Progress>,
    wake: watch::Receiver<u64>,
    stop: watch::Receiver<bool>,
    foundry: Arc<Foundry>,
    /// Whether the view need not be founded: it was folded once, or it could not be rebuilt.
    is_founded: bool,
    backoff: Backoff,
    held: Held<P>,
    /// Whether it was said that this process is too old for the view: it stays so, and is said once.
    too_old: bool,
}

/// Why a leader leads no more.
enum Ended {
    /// It is to stop.
    Stopped,
    /// Somebody else leads.
    Lost,
    /// What stands next is of a later build.
    Newer(NewerEvent),
}

impl<P: Projector> Task<P> {
    pub(super) fn new(
        (leader, reader): (Uuid, Reader),
        options: PgConnectOptions,
        limits: ProjectorLimits,
        progress: Arc<Progress>,
        foundry: Arc<Foundry>,
        wake: watch::Receiver<u64>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let (backoff, held) = (Backoff::new(limits), Held::new());
        let is_founded = false;
        Self {
            leader,
            reader,
            options,
            limits,
            progress,
            wake,
            stop,
            foundry,
            is_founded,
            backoff,
            held,
            too_old: false,
        }
    }

    pub(super) async fn run(mut self) {
        while !self.is_stopped() {
            // A fold that panics is a bug, and must not end a view in silence: it is tried again, and shows in the lag.
            match AssertUnwindSafe(self.session()).catch_unwind().await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => {
                    warn!(view = %P::VIEW, cause = domain::chain(&error), "a projector was interrupted and begins again")
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
            if !self.is_founded {
                self.found(&mut connection).await?;
                continue;
            }
            let who = (self.leader, self.reader);
            let mut lease = match Lease::acquire(&mut connection, P::VIEW, who, self.limits.lease).await? {
                Asked::Leads(lease) => lease,
                refused => {
                    if let Asked::TooOld(needs) = refused {
                        self.tell_too_old(needs);
                    }
                    self.backoff.reset();
                    self.stand_by().await;
                    continue;
                }
            };
            info!(view = %P::VIEW, position = lease.position, "leads");
            self.held.clear();
            self.progress.committed(P::VIEW, lease.position);
            match self.lead(&mut connection, &mut lease).await? {
                Ended::Lost => info!(view = %P::VIEW, position = lease.position, "another process leads"),
                Ended::Stopped => lease.release(&mut connection).await?,
                Ended::Newer(newer) => self.step_down(&mut connection, lease, &newer).await?,
            }
        }
        Ok(())
    }

    /// Has the view rebuilt if it was never folded.
    async fn found(&mut self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        if !self.foundry.is_due(connection, P::VIEW).await? {
            self.is_founded = true;
            return Ok(());
        }
        let mut stop = self.stop.clone();
        tokio::select! {
            founded = self.foundry.found::<P>(self.reader) => self.is_founded = founded == Founded::Not,
            // What it leaves is thrown away by the next one.
            _ = stop.wait_for(|stop| *stop) => {}
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
                    Line::Newer(newer) => return Ok(Ended::Newer(newer)),
                    Line::Poison(poison) if self.stop_at(connection, lease, &poison).await? => {}
                    Line::Poison(_) => return Ok(Ended::Lost),
                }
            }
            let began = Instant::now();
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
                    Step::Newer(newer) => return Ok(Ended::Newer(newer)),
                    Step::Poison(poison) => {
                        if !self.stop_at(connection, lease, &poison).await? {
                            return Ok(Ended::Lost);
                        }
                    }
                }
            }
            let gathered = began + self.limits.gather_after(began.elapsed());
            self.rest().await;
            // Bounded by so little that a stop may wait for it.
            sleep_until(gathered).await;
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

    /// Leaves the view to those who can read what stands next. A process of a later build that stands by leads at its next
    /// look.
    async fn step_down(
        &mut self,
        connection: &mut PgConnection,
        lease: Lease,
        newer: &NewerEvent,
    ) -> Result<(), sqlx::Error> {
        if lease.step_down(connection, newer).await? {
            self.too_old = true;
            warn!(
                view = %P::VIEW, position = newer.position, stream = newer.stream, event_type = newer.event_type,
                event_version = newer.event_version, needs_reader = newer.needs.0, reader = self.reader.0,
                "this process is older than the ledger: it leads the view no more, and stands by until it is upgraded"
            );
        }
        Ok(())
    }

    fn tell_too_old(&mut self, needs: Reader) {
        if !std::mem::replace(&mut self.too_old, true) {
            warn!(
                view = %P::VIEW, needs_reader = needs.0, reader = self.reader.0,
                "this process is older than the ledger: it cannot lead the view, and stands by until it is upgraded"
            );
        }
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
