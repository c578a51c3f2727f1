//! Records the end of leases that ran out: within five seconds, whether or not anyone comes back to the copy.

use std::time::Duration;

use projections::views::copy_locks;
use tokio::sync::watch;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{Bench, duty, goes_on};
use crate::app::AppError;

const DUTY: &str = "expire locks";

/// How many looks a lease of the duty spans. When its holder dies, the next look after that is another's, and the end of a
/// lock is still recorded within five seconds.
const LOOKS_A_LEASE: u32 = 3;

/// Looks for ended leases until told to stop.
pub(super) async fn run(bench: Bench, mut stop: watch::Receiver<bool>) {
    while goes_on(&mut stop, bench.limits.expiry_poll).await {
        if let Err(error) = look(&bench).await {
            tracing::warn!(
                cause = domain::chain(&*error),
                "ended leases could not be recorded; it is tried again"
            );
        }
    }
    duty::give_up(bench.app.views.upkeep(), DUTY, bench.worker).await;
}

async fn look(bench: &Bench) -> anyhow::Result<()> {
    let pool = bench.app.views.upkeep();
    let lease: Duration = bench.limits.expiry_poll * LOOKS_A_LEASE;
    if !duty::hold(pool, DUTY, bench.worker, lease).await? {
        return Ok(());
    }
    let mut newer = None;
    for lock in copy_locks::expired(pool, bench.limits.expiries).await? {
        let request_id = format!("expiry-{}", Uuid::now_v7());
        let span = tracing::error_span!("expiry", request_id, copy_id = %lock.copy);
        match bench.app.expire_lock(lock.copy, &request_id, None).instrument(span).await {
            Err(AppError::ProcessTooOld { newer: event, .. }) => newer = Some(event),
            done => done?,
        }
    }
    if let Some(newer) = newer {
        tracing::warn!(
            cause = domain::chain(&newer),
            "the end of a lease is left to a process of a later version"
        );
        duty::give_up(pool, DUTY, bench.worker).await;
    }
    Ok(())
}
