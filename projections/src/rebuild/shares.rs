//! All shares of the streams, one after the other, and after them all indexes, by a few workers side by side.

use std::sync::Arc;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::error::RebuildError;
use super::shadow;
use super::share::{Connections, Folded, Outcome, Plan, fold_share};
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
    let mut shares: Vec<Share> = (0..of).map(|nth| Share { nth, of }).collect();
    let reading = in_order(options);
    let mut connections = Connections { reader: reading.connect().await?, writers: Vec::new() };
    for _ in 0..plan.limits.workers {
        connections.writers.push(options.connect().await?);
    }
    let mut folded = Folded::of_none(plan);
    while let Some(share) = shares.pop() {
        match fold_share(plan, share, &mut connections).await? {
            Outcome::Whole(more) => folded.add(&more),
            Outcome::TooLarge if share.of >= SHARES_MAX => {
                return Err(RebuildError::TooLarge { bytes: plan.limits.memory_bytes });
            }
            Outcome::TooLarge => {
                tracing::debug!(?share, "a share of the streams is too large, and is halved");
                shares.extend(share.halves());
                // What was being read is given up with its connection.
                connections.reader = reading.connect().await?;
            }
        }
    }
    Ok(folded)
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
