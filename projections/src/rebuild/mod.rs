//! Views folded anew beside the live ones, which are read and kept as before until the new ones take their place.
//!
//! The way of a rebuild: a row of `rebuilds` keeps a second one out ([`hold`]); tables like the live ones are made, filled and
//! indexed, each in one transaction ([`writer`]); the streams are shared out by their hash, and each share is read in order of
//! position and folded in memory ([`share`]); then each view in turn is brought up to the head as its leader would, and swapped in
//! by one short transaction that waits for readers 100 ms at a time ([`swap`]).
//!
//! Architecture invariant: the live view is touched by the swap alone, which proves first that every event up to the head
//! is in the new tables. Whatever goes wrong before leaves tables that the next rebuild throws away.

mod catch_up;
mod copy_binary;
mod error;
mod fold;
mod hold;
mod limits;
mod progress;
mod shadow;
mod share;
mod shares;
mod swap;
mod writer;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::Reader;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use uuid::Uuid;

pub use error::{Holder, RebuildError, Unfoldable};
pub(crate) use fold::{Recipe, recipe};
pub use limits::RebuildLimits;
pub use progress::{Proof, RebuildNews, RebuildPhase};

use crate::left_out::{LeftOut, parked_for};
use crate::projector::ViewName;
use crate::reading::Views;
use crate::stream::{StreamType, newer_at};
use copy_binary::{Column, columns};
use hold::Hold;
use progress::Progress;
use share::Plan;
use swap::{Filled, bring_in};

impl Views {
    /// Rebuilds views of this build beside the live ones, and swaps each in once it is complete. Tells how far it is.
    ///
    /// # Errors
    /// [`RebuildError`]; views whose swap was told are rebuilt, the others stand as they stood.
    pub async fn rebuild(
        &self,
        views: &[ViewName],
        limits: RebuildLimits,
        tell: &mut (dyn FnMut(RebuildNews) + Send),
    ) -> Result<Vec<Proof>, RebuildError> {
        let recipes: Vec<_> = crate::views::recipes();
        let recipes: Vec<_> = recipes.into_iter().filter(|recipe| views.contains(&recipe.view())).collect();
        rebuild(&self.upkeep().connect_options(), recipes.into(), (limits, Reader::CURRENT), tell).await
    }
}

/// Rebuilds the views of some recipes.
pub(crate) async fn rebuild(
    options: &PgConnectOptions,
    recipes: Arc<[Box<dyn Recipe>]>,
    (limits, reader): (RebuildLimits, Reader),
    tell: &mut (dyn FnMut(RebuildNews) + Send),
) -> Result<Vec<Proof>, RebuildError> {
    let run = Uuid::now_v7();
    let options = sessions(options, run, &limits);
    let views = recipes.iter().map(|recipe| recipe.view()).collect();
    let mut hold = Hold::take(&options, run, views, limits).await?;
    let progress = Arc::<Progress>::default();
    let work = Run { options, run, recipes, limits, reader, progress: Arc::clone(&progress) };
    let outcome = tokio::select! {
        outcome = work.work() => outcome,
        lost = hold.keep(&progress, tell) => Err(lost),
    };
    let outcome = work.explained(outcome).await;
    progress.pass_on(tell);
    if !matches!(outcome, Err(RebuildError::Lost { .. })) {
        work.clean_up(hold, outcome.is_ok()).await;
    }
    outcome
}

/// The sessions of a rebuild: a statement may take as long as it takes, and nobody waits for its flush but the swap.
fn sessions(options: &PgConnectOptions, run: Uuid, limits: &RebuildLimits) -> PgConnectOptions {
    options.clone().application_name(&format!("{}{run}", hold::APPLICATION)).options([
        ("statement_timeout", "0".to_owned()),
        // Rows of a share may be long in coming; whose process has gone has no session, and whose is stopped is ended.
        ("idle_in_transaction_session_timeout", "0".to_owned()),
        ("synchronous_commit", "off".to_owned()),
        ("jit", "off".to_owned()),
        // Enough for the planner until autovacuum comes by; more would take longer than the indexes.
        ("default_statistics_target", "20".to_owned()),
        ("maintenance_work_mem", format!("{}MB", limits.index_memory_megabytes)),
    ])
}

/// A rebuild that holds its views.
struct Run {
    options: PgConnectOptions,
    run: Uuid,
    recipes: Arc<[Box<dyn Recipe>]>,
    limits: RebuildLimits,
    reader: Reader,
    progress: Arc<Progress>,
}

impl Run {
    async fn work(&self) -> Result<Vec<Proof>, RebuildError> {
        let mut connection = self.options.connect().await?;
        for recipe in self.recipes.iter() {
            shadow::discard(&mut connection, recipe.tables()).await?;
        }
        let until: i64 = sqlx::query_scalar("SELECT coalesce(max(position), 0) FROM events")
            .fetch_one(&mut connection)
            .await?;
        self.progress.target.store(until, Ordering::Relaxed);
        let parked = self.parked(&mut connection).await?;
        let plan = Arc::new(self.plan(until, parked, self.columns(&mut connection).await?));
        let folded = shares::fold_all(&self.options, &plan, &mut connection).await?;
        complete(&mut connection, &plan, folded.events).await?;
        self.progress.folded.store(until, Ordering::Relaxed);
        self.progress.enter(RebuildPhase::CatchingUp);
        let mut proofs = Vec::with_capacity(self.recipes.len());
        let parked = self.parked(&mut connection).await?;
        let views = self.recipes.iter().zip(folded.gaps).zip(parked);
        for ((recipe, gaps), parked) in views {
            shadow::derive(&mut connection, recipe.tables()).await?;
            let filled = Filled { position: until, events: until, left_out: LeftOut { gaps, ..parked } };
            let limits = (&self.limits, self.reader);
            let swap = bring_in(&mut connection, recipe.as_ref(), self.run, filled, limits, &self.progress);
            let proof = swap.await?;
            self.progress.tell(RebuildNews::Swapped(proof.clone()));
            proofs.push(proof);
        }
        Ok(proofs)
    }

    /// An event that cannot be read may be one that a later build has brought.
    async fn explained(&self, outcome: Result<Vec<Proof>, RebuildError>) -> Result<Vec<Proof>, RebuildError> {
        let Err(RebuildError::Unfoldable(unfoldable)) = &outcome else { return outcome };
        let mut connection = self.options.connect().await?;
        match newer_at(&mut connection, self.reader, unfoldable.position).await? {
            Some(newer) => Err(newer.into()),
            None => outcome,
        }
    }

    /// What is parked for each of the views as the rebuild begins. Whoever leads afterwards follows what came since.
    async fn parked(&self, connection: &mut PgConnection) -> Result<Vec<LeftOut>, sqlx::Error> {
        let mut parked = Vec::with_capacity(self.recipes.len());
        for recipe in self.recipes.iter() {
            let wanted = parked_for(connection, recipe.view().name).await?;
            parked.push(LeftOut { wanted, gaps: HashMap::new() });
        }
        Ok(parked)
    }

    /// The columns of the tables of each of the views.
    async fn columns(&self, connection: &mut PgConnection) -> Result<Vec<Vec<Vec<Column>>>, sqlx::Error> {
        let mut of_views = Vec::with_capacity(self.recipes.len());
        for recipe in self.recipes.iter() {
            let mut of_tables = Vec::with_capacity(recipe.tables().len());
            for table in recipe.tables() {
                of_tables.push(columns(connection, table.name).await?);
            }
            of_views.push(of_tables);
        }
        Ok(of_views)
    }

    fn plan(&self, until: i64, parked: Vec<LeftOut>, columns: Vec<Vec<Vec<Column>>>) -> Plan {
        let is_followed =
            |kind: &StreamType| self.recipes.iter().any(|recipe| recipe.follows().contains(kind));
        Plan {
            recipes: Arc::clone(&self.recipes),
            follows: StreamType::ALL.into_iter().filter(is_followed).collect(),
            until,
            limits: self.limits,
            reader: self.reader,
            progress: Arc::clone(&self.progress),
            parked,
            columns,
        }
    }

    /// Throws away what a failed rebuild has made, and lets others have the views. What cannot be done now is done by
    /// the next one.
    async fn clean_up(&self, hold: Hold, is_done: bool) {
        let cleaned = async {
            if !is_done {
                let mut connection = self.options.connect().await?;
                for recipe in self.recipes.iter() {
                    shadow::discard(&mut connection, recipe.tables()).await?;
                }
            }
            hold.release().await
        };
        if let Err(error) = cleaned.await {
            tracing::debug!(
                cause = domain::chain(&error),
                "what a rebuild has left is cleaned up by the next one"
            );
        }
    }
}

/// That every event up to the end of the shares was folded: positions have no gaps, so their number is the last of them. They
/// are counted where that is not seen from what was folded: some are of kinds that no view follows, or something is missing.
async fn complete(connection: &mut PgConnection, plan: &Plan, folded: i64) -> Result<(), RebuildError> {
    if folded == plan.until {
        return Ok(());
    }
    let names = |kinds: &[StreamType]| kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>();
    let (events, known, followed): (i64, i64, i64) = sqlx::query_as(include_str!("complete.sql"))
        .bind(plan.until)
        .bind(names(&StreamType::ALL))
        .bind(names(&plan.follows))
        .fetch_one(connection)
        .await?;
    let all: Vec<&str> = plan.recipes.iter().map(|recipe| recipe.view().name).collect();
    if events != plan.until {
        let (view, folded, position) = (all.join(", "), events, plan.until);
        return Err(RebuildError::Incomplete { view, folded, position, counted: plan.until });
    }
    if known != events {
        return Err(RebuildError::UnknownStreams { events: events - known });
    }
    if folded != followed {
        let (view, position) = (all.join(", "), plan.until);
        return Err(RebuildError::Incomplete { view, folded, position, counted: followed });
    }
    Ok(())
}
