//! One pair of hands: claim, work, settle, again.

use domain::copy::CopyError;
use projections::views::work_queue::WorkKind;
use tokio::sync::watch;
use tracing::Instrument as _;

use super::claims::{self, Claim};
use super::{Bench, finalise, goes_on, import};
use crate::ledger::{ExecuteError, LedgerError};

/// What became of an item.
pub(super) enum Outcome {
    /// Its outcome is in the ledger, or it was no longer to be done.
    Settled,
    /// Nothing could be recorded; it is to be done again.
    NotYet(anyhow::Error),
}

/// Works until told to stop.
pub(super) async fn run(bench: Bench, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let pause = match claims::claim(bench.app.views.upkeep(), bench.worker, &bench.limits).await {
            Ok(Some(claim)) => {
                // Of the highest level, so that no filter takes the ids off the lines that it lets pass.
                let span = tracing::error_span!(
                    "work",
                    kind = claim.item.kind.as_str(),
                    attempt = claim.item.attempt,
                    request_id = %claim.item.request_id,
                    copy_id = %claim.item.copy,
                    position = claim.item.position,
                    trace_id = claim.traceparent.map(|parent| parent.trace_id()),
                    span_id = claim.traceparent.map(|parent| parent.span_id()),
                );
                work(&bench, claim, &mut stop).instrument(span).await;
                continue;
            }
            Ok(None) => bench.limits.poll,
            Err(error) => {
                tracing::warn!(
                    cause = domain::chain(&error),
                    "the work queue could not be read; it is tried again"
                );
                bench.limits.poll * 10
            }
        };
        if !goes_on(&mut stop, pause).await {
            break;
        }
    }
}

/// Does one item, keeping its lease, until it ends, the lease is lost, or the service stops and time runs out.
async fn work(bench: &Bench, claim: Claim, stop: &mut watch::Receiver<bool>) {
    let _in_hand = bench.app.metrics.work_begun(claim.item.kind);
    let position = claim.item.position;
    let pool = bench.app.views.upkeep();
    let done = async {
        match claim.item.kind {
            WorkKind::Import => import::import(bench, &claim).await,
            WorkKind::Finalise => finalise::finalise(bench, &claim).await,
            WorkKind::RetryFinalisation => finalise::start_again(bench, &claim).await,
        }
    };
    let told_to_stop = async {
        let _ = stop.wait_for(|stopped| *stopped).await;
        // Half of what the whole stop may take, so that giving back has the other half.
        tokio::time::sleep(bench.limits.shutdown / 2).await;
    };
    let recorded = tokio::select! {
        outcome = done => match outcome {
            Outcome::Settled => claims::settle(pool, bench.worker, position).await,
            Outcome::NotYet(error) if is_of_a_later_version(&error) => {
                tracing::warn!(cause = domain::chain(&*error), "the work is left to a process of a later version");
                claims::leave(pool, bench.worker, position).await
            }
            Outcome::NotYet(error) => {
                tracing::warn!(cause = domain::chain(&*error), "the work could not be recorded; it is done again");
                Ok(())
            }
        },
        () = lease_lost(bench, position) => {
            tracing::warn!("the claim was lost; whoever has it now does the work");
            Ok(())
        }
        () = told_to_stop => claims::give_back(pool, bench.worker, position).await,
    };
    if let Err(error) = recorded {
        // The lease runs out by itself, and whoever takes the item next sees in the stream what is left to do.
        tracing::warn!(cause = domain::chain(&error), "the claim could not be ended");
    }
}

/// Whether it is only that this process is too old to read what the work is about.
fn is_of_a_later_version(error: &anyhow::Error) -> bool {
    let of_ledger = error.downcast_ref::<LedgerError>();
    let of_command = error.downcast_ref::<ExecuteError<CopyError>>();
    let error = of_ledger.or(match of_command {
        Some(ExecuteError::Ledger(error)) => Some(error),
        _ => None,
    });
    matches!(error, Some(LedgerError::TooOld(_)))
}

/// Renews the lease as long as it is ours.
async fn lease_lost(bench: &Bench, position: i64) {
    let mut held_until = tokio::time::Instant::now() + bench.limits.lease;
    loop {
        tokio::time::sleep(bench.limits.renewal).await;
        match claims::renew(bench.app.views.upkeep(), bench.worker, position, bench.limits.lease).await {
            Ok(true) => held_until = tokio::time::Instant::now() + bench.limits.lease,
            Ok(false) => return,
            // A database that is away for a moment does not end the lease; one that is away for longer does.
            Err(_) if tokio::time::Instant::now() < held_until => {}
            Err(_) => return,
        }
    }
}
