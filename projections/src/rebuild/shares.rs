//! All shares of the streams, and after them all indexes, by a few workers side by side.

use std::sync::Arc;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::error::RebuildError;
use super::shadow;
use super::share::{Folded, Outcome, Plan, fold_share};
use crate::stream::Share;
use crate::table::{Made, Table};

/// The most shares that the streams are halved into. One that is still too large is of one stream, or of few.
const SHARES_MAX: u32 = 1 << 16;

/// The most that it is begun with: each of them is one walk along the events.
const FIRST_SHARES_MAX: u32 = 1 << 10;

/// Folds all shares.
pub(super) async fn fold_all(
    options: &PgConnectOptions,
    plan: &Arc<Plan>,
    connection: &mut PgConnection,
) -> Result<Folded, RebuildError> {
    let of = first_guess(plan, connection).await?;
    let shares: Vec<Share> = (0..of).rev().map(|nth| Share { nth, of }).collect();
    let shares = Arc::new(Mutex::new(shares));
    let reading = in_order(options);
    let mut workers = JoinSet::new();
    for _ in 0..plan.limits.workers {
        let (plan, shares, options) = (Arc::clone(plan), Arc::clone(&shares), options.clone());
        let reading = reading.clone();
        workers.spawn(async move {
            let (mut reader, mut writer) = (reading.connect().await?, options.connect().await?);
            let mut folded = Folded::of_none(&plan);
            loop {
                let Some(share) = shares.lock().await.pop() else {
                    return Ok::<Folded, RebuildError>(folded);
                };
                match fold_share(&plan, share, &mut reader, &mut writer).await? {
                    Outcome::Whole(more) => folded.add(more),
                    Outcome::TooLarge if share.of >= SHARES_MAX => {
                        return Err(RebuildError::TooLarge { bytes: plan.memory_of_a_worker() });
                    }
                    Outcome::TooLarge => {
                        tracing::debug!(?share, "a share of the streams is too large, and is halved");
                        shares.lock().await.extend(share.halves());
                        // What was being read is given up with its connection.
                        reader = reading.connect().await?;
                    }
                }
            }
        });
    }
    let mut folded = Folded::of_none(plan);
    while let Some(worker) = workers.join_next().await {
        // Dropping the others ends them.
        folded.add(worker.map_err(|_| sqlx::Error::WorkerCrashed)??);
    }
    Ok(folded)
}

/// Sessions that read along the positions. Postgres cannot know how many streams are of a share; it takes them for so few that
/// it would sort them, all of them before the first is sent, and on disk.
fn in_order(options: &PgConnectOptions) -> PgConnectOptions {
    options.clone().options([("enable_sort", "off"), ("max_parallel_workers_per_gather", "0")])
}

/// Shares of which one is likely to fit into a worker's memory: states come to about half of what their events take. As many
/// for each worker, so that none waits while another folds the last one.
async fn first_guess(plan: &Plan, connection: &mut PgConnection) -> Result<u32, sqlx::Error> {
    let bytes: i64 = sqlx::query_scalar("SELECT pg_relation_size('events')").fetch_one(connection).await?;
    let bytes = usize::try_from(bytes).unwrap_or(0) / 2;
    let of = bytes.div_ceil(plan.memory_of_a_worker().max(1));
    let of = u32::try_from(of).unwrap_or(FIRST_SHARES_MAX).clamp(plan.limits.workers, FIRST_SHARES_MAX);
    Ok(of.next_multiple_of(plan.limits.workers))
}

/// Makes the indexes of all new tables; those of derived tables come with their rows.
pub(super) async fn index_all(options: &PgConnectOptions, plan: &Plan) -> Result<(), RebuildError> {
    let tables = plan.recipes.iter().flat_map(|recipe| recipe.tables());
    let tables: Vec<&'static Table> =
        tables.filter(|table| matches!(table.made, Made::Rows { .. })).collect();
    let tables = Arc::new(Mutex::new(tables));
    let mut workers = JoinSet::new();
    for _ in 0..plan.limits.workers {
        let (tables, options) = (Arc::clone(&tables), options.clone());
        workers.spawn(async move {
            let mut connection = options.connect().await?;
            loop {
                let Some(table) = tables.lock().await.pop() else { return Ok::<(), sqlx::Error>(()) };
                shadow::index(&mut connection, table).await?;
            }
        });
    }
    while let Some(worker) = workers.join_next().await {
        worker.map_err(|_| sqlx::Error::WorkerCrashed)??;
    }
    Ok(())
}
