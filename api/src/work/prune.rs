//! Deletes rows of the log of accesses that are older than they are kept.

use domain::Role;
use tokio::sync::watch;

use super::{Bench, duty, goes_on};
use crate::app::SYSTEM;

const DUTY: &str = "prune access log";

/// Prunes until told to stop. One process of all is enough; two at once would take different rows.
pub(super) async fn run(bench: Bench, mut stop: watch::Receiver<bool>) {
    let limits = *bench.app.access_log.limits();
    while goes_on(&mut stop, limits.prune_every).await {
        let told_to_stop = async {
            let _ = stop.wait_for(|stopped| *stopped).await;
        };
        tokio::select! {
            pruned = prune(&bench) => if let Err(error) = pruned {
                tracing::warn!(
                    cause = domain::chain(&*error),
                    "the log of accesses could not be pruned; it is tried again"
                );
            },
            () = told_to_stop => {}
        }
    }
    duty::give_up(bench.app.views.upkeep(), DUTY, bench.worker).await;
}

async fn prune(bench: &Bench) -> anyhow::Result<()> {
    let log = &bench.app.access_log;
    let limits = log.limits();
    // For two rounds: the holder comes back before it is over.
    let lease = limits.prune_every * 2;
    if !duty::hold(bench.app.views.upkeep(), DUTY, bench.worker, lease).await? {
        return Ok(());
    }
    let rows = log.prune(limits.keep, (SYSTEM, Role::System), None).await?;
    if rows > 0 {
        tracing::info!(rows, "rows of the log of accesses were older than they are kept, and were deleted");
    }
    Ok(())
}
