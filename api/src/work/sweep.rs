//! Removes blobs that were stored and then named by no event: an upload whose request died, a page of an attempt that
//! was repeated.

use std::collections::HashSet;
use std::time::Duration;

use domain::{CopyId, Digest};
use sqlx::PgPool;
use tokio::sync::watch;

use super::{Bench, duty, goes_on};

const DUTY: &str = "sweep blobs";

/// A sweep of a large store may take long; nobody else begins one meanwhile.
const LEASE: Duration = Duration::from_secs(3_600);

/// Sweeps until told to stop.
pub(super) async fn run(bench: Bench, mut stop: watch::Receiver<bool>) {
    while goes_on(&mut stop, bench.limits.sweep_poll).await {
        let told_to_stop = async {
            let _ = stop.wait_for(|stopped| *stopped).await;
        };
        tokio::select! {
            swept = sweep(&bench) => if let Err(error) = swept {
                tracing::warn!(cause = domain::chain(&*error), "blobs could not be swept; it is tried again");
            },
            () = told_to_stop => {}
        }
    }
    duty::give_up(bench.app.views.upkeep(), DUTY, bench.worker).await;
}

async fn sweep(bench: &Bench) -> anyhow::Result<()> {
    let pool = bench.app.views.upkeep();
    if !duty::hold(pool, DUTY, bench.worker, LEASE).await? {
        return Ok(());
    }
    let swept = bench.app.blobs.sweep(|names| named(pool, names), bench.limits.sweep_age).await?;
    tracing::info!(asked = swept.asked, deleted = swept.deleted, "unreferenced blobs were swept");
    Ok(())
}

/// Which of these blobs an event names, now or at any time: a copy's old final PDF is evidence as well.
async fn named(
    pool: &PgPool,
    names: Vec<(CopyId, Digest)>,
) -> Result<HashSet<(CopyId, Digest)>, sqlx::Error> {
    let copies: Vec<String> = names.iter().map(|(copy, _)| copy.to_string()).collect();
    let digests: Vec<String> = names.iter().map(|(_, digest)| digest.to_string()).collect();
    let rows: Vec<(i64,)> = sqlx::query_as(
        "SELECT asked.nth FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (copy, digest, nth)
         WHERE EXISTS (SELECT FROM events e WHERE e.aggregate_type = 'ExamCopy' AND e.aggregate_id = asked.copy
                       AND strpos(e.payload::text, asked.digest) > 0)",
    )
    .bind(copies)
    .bind(digests)
    .fetch_all(pool)
    .await?;
    let nth = |row: &(i64,)| usize::try_from(row.0 - 1).ok().and_then(|nth| names.get(nth)).copied();
    Ok(rows.iter().filter_map(nth).collect())
}
