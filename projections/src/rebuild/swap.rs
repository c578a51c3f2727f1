//! From new tables that are nearly there to live ones.

use std::time::{Duration, Instant};

use domain::Reader;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::RebuildLimits;
use super::catch_up::{Batch, Failure};
use super::error::RebuildError;
use super::fold::Recipe;
use super::progress::{Progress, Proof, RebuildNews};
use super::shadow;
use crate::channel::channel_of;
use crate::left_out::{LeftOut, clear_gaps, note_gap};
use crate::stream::BatchLimits;

/// How far the new tables of a view are.
#[derive(Debug)]
pub(super) struct Filled {
    /// Every event up to here is in them.
    pub(super) position: i64,
    /// How many events that are, counted as they were read.
    pub(super) events: i64,
    /// What is parked, and what is left out so far.
    pub(super) left_out: LeftOut,
}

impl Filled {
    /// Takes in a batch, which has every position after the last one.
    fn take(&mut self, batch: Batch) {
        self.events += batch.last - self.position;
        self.position = batch.last;
        for (stream, from) in batch.left_out {
            self.left_out.gaps.entry(stream).or_insert(from);
        }
    }
}

/// What a try came to.
enum Tried {
    Swapped(Proof),
    /// More was appended than one transaction takes in.
    Behind,
}

/// Brings the new tables of a view up to the head and puts them in the place of the live ones.
pub(super) async fn bring_in(
    connection: &mut PgConnection,
    recipe: &dyn Recipe,
    run: Uuid,
    mut filled: Filled,
    (limits, reader): (&RebuildLimits, Reader),
    progress: &Progress,
) -> Result<Proof, RebuildError> {
    let view = recipe.view();
    let size = (BatchLimits { events: i64::from(limits.batch_events), bytes: limits.batch_bytes }, reader);
    let (mut tries, mut rounds) = (0, 0);
    loop {
        catch_up(connection, recipe, &mut filled, size, limits, &mut rounds).await?;
        let (position, events) = (filled.position, filled.events);
        match swap(connection, recipe, run, &mut filled, size, limits).await {
            Ok(Tried::Swapped(proof)) => return Ok(proof),
            Ok(Tried::Behind) => {}
            // Somebody reads the tables, or holds the row of the checkpoint. What was folded is rolled back.
            Err(RebuildError::Database(error)) if is_in_use(&error) => {
                (filled.position, filled.events) = (position, events);
                tries += 1;
                progress.tell(RebuildNews::Waiting { view: view.name.to_owned(), tries });
                if tries >= limits.swap_tries {
                    return Err(RebuildError::InUse { view: view.name.to_owned(), tries });
                }
                tokio::time::sleep(limits.swap_rest).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Folds batches until one ends at the head.
async fn catch_up(
    connection: &mut PgConnection,
    recipe: &dyn Recipe,
    filled: &mut Filled,
    size: (BatchLimits, Reader),
    limits: &RebuildLimits,
    rounds: &mut u32,
) -> Result<(), RebuildError> {
    loop {
        let mut transaction = connection.begin().await?;
        let next = recipe.catch_up(&mut transaction, filled.position, &filled.left_out, size);
        let batch = next.await.map_err(explained)?;
        transaction.commit().await?;
        let at_head = batch.at_head;
        filled.take(batch);
        if at_head {
            return Ok(());
        }
        *rounds += 1;
        if *rounds >= limits.catch_up_rounds {
            let head: i64 = sqlx::query_scalar("SELECT coalesce(max(position), 0) FROM events")
                .fetch_one(connection)
                .await?;
            let behind = head - filled.position;
            return Err(RebuildError::NeverThere {
                view: recipe.view().name.to_owned(),
                rounds: *rounds,
                behind,
            });
        }
    }
}

/// One transaction, in a leader's order: first the tables, then the row of the checkpoint.
async fn swap(
    connection: &mut PgConnection,
    recipe: &dyn Recipe,
    run: Uuid,
    filled: &mut Filled,
    size: (BatchLimits, Reader),
    limits: &RebuildLimits,
) -> Result<Tried, RebuildError> {
    let mut transaction = connection.begin().await?;
    // A commit that readers have seen must survive a crash with everything that it stands on.
    sqlx::query("SET LOCAL synchronous_commit = on").execute(&mut *transaction).await?;
    if !take_tables(&mut transaction, recipe, run, limits).await? {
        return Err(RebuildError::Lost { lease: limits.lease });
    }
    let held = Instant::now();
    let next = recipe.catch_up(&mut transaction, filled.position, &filled.left_out, size);
    let batch = next.await.map_err(explained)?;
    if !batch.at_head {
        transaction.rollback().await?;
        return Ok(Tried::Behind);
    }
    filled.take(batch);
    let proof = prove(&mut transaction, recipe, filled).await?;
    put_in_place(&mut transaction, recipe, filled, size.1).await?;
    transaction.commit().await?;
    Ok(Tried::Swapped(Proof { held: held.elapsed(), ..proof }))
}

/// Whether this run still has the view, once its tables are its own.
async fn take_tables(
    connection: &mut PgConnection,
    recipe: &dyn Recipe,
    run: Uuid,
    limits: &RebuildLimits,
) -> Result<bool, sqlx::Error> {
    let view = recipe.view();
    let names: Vec<&str> = recipe.tables().iter().map(|table| table.name).collect();
    let names = names.join(", ");
    // Autovacuum gives way to whoever has waited for a lock for `deadlock_timeout`. This one keeps it away, and nobody who reads or
    // writes: for that long nobody may wait behind the other.
    sqlx::query(include_str!("vacuum_wait.sql"))
        .bind(limits.vacuum_wait.as_secs_f64() * 1_000.0)
        .execute(&mut *connection)
        .await?;
    sqlx::query(&format!("LOCK TABLE {names} IN SHARE UPDATE EXCLUSIVE MODE"))
        .execute(&mut *connection)
        .await?;
    let wait = format!("SET LOCAL lock_timeout = {}", limits.swap_wait.as_millis().max(1));
    sqlx::query(&wait).execute(&mut *connection).await?;
    sqlx::query(&format!("LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")).execute(&mut *connection).await?;
    let held = sqlx::query("SELECT FROM rebuilds WHERE name = $1 AND version = $2 AND run = $3 FOR UPDATE")
        .bind(view.name)
        .bind(view.version)
        .bind(run)
        .fetch_optional(&mut *connection)
        .await?;
    Ok(held.is_some())
}

/// Every event up to the head, once each: that is what a position without gaps counts.
async fn prove(
    connection: &mut PgConnection,
    recipe: &dyn Recipe,
    filled: &Filled,
) -> Result<Proof, RebuildError> {
    let view = recipe.view();
    let head: i64 = sqlx::query_scalar("SELECT coalesce(max(position), 0) FROM events WHERE position <= $1")
        .bind(filled.position)
        .fetch_one(&mut *connection)
        .await?;
    if filled.events != filled.position || head != filled.position {
        return Err(RebuildError::Incomplete {
            view: view.name.to_owned(),
            folded: filled.events,
            position: filled.position,
            counted: head,
        });
    }
    let (events, position) = (filled.events, filled.position);
    Ok(Proof { view: view.name.to_owned(), version: view.version, events, position, held: Duration::ZERO })
}

async fn put_in_place(
    connection: &mut PgConnection,
    recipe: &dyn Recipe,
    filled: &Filled,
    reader: Reader,
) -> Result<(), sqlx::Error> {
    let view = recipe.view();
    sqlx::query(include_str!("swap.sql"))
        .bind(view.name)
        .bind(view.version)
        .bind(filled.position)
        .bind(reader.0)
        .execute(&mut *connection)
        .await?;
    clear_gaps(&mut *connection, view).await?;
    for (stream, from) in &filled.left_out.gaps {
        note_gap(&mut *connection, view, *stream, *from).await?;
    }
    shadow::swap(connection, recipe.tables()).await?;
    // Told when it commits: whoever leads next begins at once.
    let channel = channel_of(connection).await?;
    sqlx::query("SELECT pg_notify($1, '')").bind(channel).execute(connection).await?;
    Ok(())
}

/// 55P03: lock_not_available. 40P01: deadlock_detected.
fn is_in_use(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    matches!(code.as_deref(), Some("55P03" | "40P01"))
}

fn explained(failure: Failure) -> RebuildError {
    match failure {
        Failure::Unfoldable(unfoldable) => RebuildError::Unfoldable(Box::new(unfoldable)),
        Failure::Newer(newer) => newer.into(),
        Failure::Database(error) => error.into(),
    }
}
