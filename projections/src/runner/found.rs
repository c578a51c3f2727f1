//! Views that were never folded, on a ledger that has long been there: a new view, or a new fold of an old one after an
//! upgrade. They are rebuilt, which is far quicker than folding event by event, and the views of one process in one go. A
//! process of the version before goes on with its own tables meanwhile.

use std::sync::{Mutex, PoisonError};

use domain::Reader;
use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;
use tokio::time::sleep;
use tracing::{debug, info, warn};

use super::ProjectorLimits;
use crate::projector::{Projector, ViewName};
use crate::rebuild::{RebuildError, RebuildNews, Recipe, rebuild, recipe};

/// What the projectors of a process found together.
pub(super) struct Foundry {
    options: PgConnectOptions,
    limits: ProjectorLimits,
    /// Views that wait for the next rebuild.
    waiting: Mutex<Vec<Box<dyn Recipe>>>,
    /// One rebuild of a process at a time.
    turn: tokio::sync::Mutex<()>,
}

/// What came of a view's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Founded {
    /// It is folded, or another process is at it: look again.
    LookAgain,
    /// It could not be rebuilt: its leader folds it event by event, and stops where an event stops it.
    Not,
}

impl Foundry {
    pub(super) fn new(options: PgConnectOptions, limits: ProjectorLimits) -> Self {
        Self { options, limits, waiting: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// Whether a view was never folded, and is far enough behind to be rebuilt.
    pub(super) async fn is_due(
        &self,
        connection: &mut PgConnection,
        view: ViewName,
    ) -> Result<bool, sqlx::Error> {
        sqlx::query_scalar(include_str!("found_due.sql"))
            .bind(view.name)
            .bind(view.version)
            .bind(i64::from(self.limits.rebuild.worth_events))
            .fetch_one(connection)
            .await
    }

    /// Rebuilds the view of `P`, together with those of other projectors that wait.
    pub(super) async fn found<P: Projector>(&self, reader: Reader) -> Founded {
        self.lock().push(recipe::<P>());
        let _turn = self.turn.lock().await;
        // The others of this process are on their way here.
        sleep(self.limits.backoff_first).await;
        let recipes = std::mem::take(&mut *self.lock());
        if recipes.is_empty() {
            return Founded::LookAgain;
        }
        let views: Vec<String> = recipes.iter().map(|recipe| recipe.view().to_string()).collect();
        let views = views.join(", ");
        info!(views, "views that were never folded are rebuilt");
        let mut tell = |news: RebuildNews| {
            if let RebuildNews::Swapped(proof) = news {
                info!(
                    view = proof.view,
                    version = proof.version,
                    events = proof.events,
                    "a view is complete"
                );
            }
        };
        match rebuild(&self.options, recipes.into(), (self.limits.rebuild, reader), &mut tell).await {
            Ok(_) => Founded::LookAgain,
            Err(RebuildError::Held(holder)) => {
                debug!(%holder, "another process rebuilds");
                sleep(self.limits.poll_every).await;
                Founded::LookAgain
            }
            Err(error) if goes_by(&error) => {
                warn!(views, cause = domain::chain(&error), "a rebuild was interrupted, and is begun again");
                sleep(self.limits.backoff_longest).await;
                Founded::LookAgain
            }
            Err(error) => {
                warn!(
                    views,
                    cause = domain::chain(&error),
                    "views could not be rebuilt, and are folded event by event"
                );
                Founded::Not
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Box<dyn Recipe>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether it may be another time when it is tried again: a connection broke, Postgres was stopped, or somebody took over.
fn goes_by(error: &RebuildError) -> bool {
    match error {
        RebuildError::Lost { .. } => true,
        RebuildError::Database(sqlx::Error::Database(error)) => {
            // Classes of SQLSTATE: connection exception, insufficient resources, operator intervention.
            error.code().is_some_and(|code| ["08", "53", "57"].iter().any(|class| code.starts_with(class)))
        }
        RebuildError::Database(error) => matches!(error, sqlx::Error::Io(_) | sqlx::Error::Protocol(_)),
        _ => false,
    }
}

impl std::fmt::Debug for Foundry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Foundry")
    }
}
