//! Erases what was approved to be erased, and erases again what a restored store has brought back.

use std::time::Duration;

use projections::views::{PageSize, subjects};
use tokio::sync::watch;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{Bench, duty, goes_on};
use crate::app::Step;

const DUTY: &str = "erase subjects";

/// How long the duty is held. A holder that died is followed by another when that is over; two at once do no harm, since every
/// step can be repeated.
const LEASE: Duration = Duration::from_secs(15);

/// How many looks lie between two rounds that hold every erased subject to the stores.
const LOOKS_A_ROUND: u32 = 3_600;

/// Looks for approved erasures until told to stop.
pub(super) async fn run(bench: Bench, mut stop: watch::Receiver<bool>) {
    // The first look after a start makes a round: a restored key store is not to be read from for an hour.
    let mut looks = 0;
    while goes_on(&mut stop, bench.limits.erasure_poll).await {
        match look(&bench, looks == 0).await {
            Ok(true) => looks = (looks + 1) % LOOKS_A_ROUND,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(
                    cause = domain::chain(&*error),
                    "approved erasures could not be looked for; it is tried again"
                );
            }
        }
    }
    duty::give_up(bench.app.views.upkeep(), DUTY, bench.worker).await;
}

/// Answers whether the duty was ours.
async fn look(bench: &Bench, round: bool) -> anyhow::Result<bool> {
    let pool = bench.app.views.pool();
    if !hold(bench).await? {
        return Ok(false);
    }
    if round {
        erase_again(bench).await?;
    }
    for subject in subjects::due(pool, PageSize::MAX).await? {
        let request_id = format!("erasure-{}", Uuid::now_v7());
        let span = tracing::error_span!("erasure", request_id);
        let erased = bench.app.erase_subject(subject, &request_id, bench.limits.erasure_settle);
        match erased.instrument(span).await {
            // One that cannot go on does not hold up those behind it.
            Err(error) => tracing::warn!(
                subject_id = %subject,
                cause = domain::chain(&error),
                "an erasure did not come to its end; it is tried again"
            ),
            Ok(Step::Done(destroyed)) => tracing::info!(
                subject_id = %subject,
                copies = destroyed.copies,
                keys = destroyed.keys,
                texts = destroyed.texts,
                files = destroyed.files,
                "a subject was erased"
            ),
            Ok(Step::Waits(reason)) => tracing::debug!(subject_id = %subject, reason, "an erasure waits"),
            Ok(Step::Settles | Step::Nothing) => {}
        }
        hold(bench).await?;
    }
    Ok(true)
}

async fn hold(bench: &Bench) -> Result<bool, sqlx::Error> {
    duty::hold(bench.app.views.upkeep(), DUTY, bench.worker, LEASE).await
}

async fn erase_again(bench: &Bench) -> anyhow::Result<()> {
    let pool = bench.app.views.pool();
    let mut after = 0;
    loop {
        let page = subjects::erased(pool, after, PageSize::MAX).await?;
        for row in page.items {
            if bench.app.erase_again(row.subject).await? {
                tracing::error!(
                    subject_id = %row.subject,
                    "what was erased had come back, from a restored store or a late writer, and was erased again"
                );
            }
        }
        hold(bench).await?;
        match page.next {
            Some(next) => after = next,
            None => return Ok(()),
        }
    }
}
