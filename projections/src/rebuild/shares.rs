//! All shares of the streams, one after the other, into the new tables.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};

use super::error::RebuildError;
use super::progress::RebuildPhase;
use super::share::{Folded, Outcome, Plan, fold_share};
use super::writer::{Ends, Writers};
use crate::stream::Share;

/// The most shares that the streams are divided into. One that is still too large is of one stream, or of few.
const SHARES_MAX: u32 = 1 << 16;

/// The most that it is begun with: each of them is one walk along the events.
const FIRST_SHARES_MAX: u32 = 1 << 10;

/// Folds all shares, and has the new tables whole. Where the states of a share turn out too large for the memory it begins anew,
/// with twice as many shares: what the tables have by then is of no share that is known to be whole.
pub(super) async fn fold_all(
    options: &PgConnectOptions,
    plan: &Arc<Plan>,
    connection: &mut PgConnection,
) -> Result<Folded, RebuildError> {
    let mut of = first_guess(plan, connection).await?;
    let mut first = Vec::new();
    loop {
        let writers = Writers::start(options, plan);
        let large = match fold_each(&in_order(options), plan, (of, &first), writers.ends()).await {
            Ok(Folding::Whole(folded)) => {
                plan.progress.enter(RebuildPhase::Indexing);
                writers.finish().await?;
                return Ok(folded);
            }
            Ok(Folding::TooLarge { nth }) => nth,
            Err(error) => {
                // Where Postgres refuses rows, whoever folds knows no more than that nobody takes them.
                writers.give_up().await?;
                return Err(error);
            }
        };
        writers.give_up().await?;
        if of >= SHARES_MAX {
            return Err(RebuildError::TooLarge { bytes: plan.limits.memory_bytes });
        }
        // What it is divided into comes first, so that a stream which fits into no share is met at the begin of each try.
        first = vec![large, large + of];
        of *= 2;
        plan.progress.folded.store(0, Ordering::Relaxed);
        tracing::info!(
            shares = of,
            "streams do not fit into the memory of a rebuild; it begins anew with more shares"
        );
    }
}

/// What folding all shares came to.
enum Folding {
    Whole(Folded),
    /// This one's states take more memory than there is.
    TooLarge {
        nth: u32,
    },
}

/// Folds one share after the other, some of them first.
async fn fold_each(
    options: &PgConnectOptions,
    plan: &Arc<Plan>,
    (of, first): (u32, &[u32]),
    ends: Ends,
) -> Result<Folding, RebuildError> {
    let mut reader = options.connect().await?;
    let mut folded = Folded::of_none(plan);
    let others = (0..of).filter(|nth| !first.contains(nth));
    for nth in first.iter().copied().chain(others) {
        match fold_share(plan, Share { nth, of }, &mut reader, &ends).await? {
            Outcome::Whole(share) => folded.add(&share),
            Outcome::TooLarge => return Ok(Folding::TooLarge { nth }),
        }
    }
    Ok(Folding::Whole(folded))
}

/// Sessions that read along the positions. Postgres cannot know how many streams are of a share; it takes them for so few that
/// it would sort them, all of them before the first is sent, and on disk.
fn in_order(options: &PgConnectOptions) -> PgConnectOptions {
    options.clone().options([("enable_sort", "off"), ("max_parallel_workers_per_gather", "0")])
}

/// Shares of which one is likely to fit into the memory: states come to a little less than half of what their events take.
async fn first_guess(plan: &Plan, connection: &mut PgConnection) -> Result<u32, sqlx::Error> {
    let bytes: i64 = sqlx::query_scalar("SELECT pg_relation_size('events')").fetch_one(connection).await?;
    let bytes = usize::try_from(bytes).unwrap_or(0) / 2;
    let of = bytes.div_ceil(plan.limits.memory_bytes.max(1));
    Ok(u32::try_from(of).unwrap_or(FIRST_SHARES_MAX).clamp(1, FIRST_SHARES_MAX))
}
