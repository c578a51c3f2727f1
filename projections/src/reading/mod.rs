//! What readers and operators ask of views as wholes: how far they are, and to begin again.

mod hold;
mod left_out;
mod operate;
mod progress;
mod state;
mod status;
mod wait;

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;

pub use hold::{Hold, Session};
pub use left_out::LeftOutStream;
pub use operate::OperateError;
pub(crate) use progress::Progress;
pub use state::ViewState;
pub use status::{Poison, ProjectionStatus};
pub use wait::{Lag, WaitError};

use crate::runner::ProjectorLimits;

/// The views of one ledger, for reading. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Views {
    pool: PgPool,
    upkeep: PgPool,
    progress: Arc<Progress>,
    stuck_after: Duration,
}

impl Views {
    /// The views in the schema that the pool's sessions see.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        let (upkeep, stuck_after) = (pool.clone(), ProjectorLimits::default().stuck_after);
        Self { pool, upkeep, progress: Arc::default(), stuck_after }
    }

    /// The same views, kept through another pool than they are read through: its role may write them.
    #[must_use]
    pub fn kept_through(mut self, upkeep: PgPool) -> Self {
        self.upkeep = upkeep;
        self
    }

    /// The same views, of which one that has something to fold and has not moved for longer than this is called stuck.
    #[must_use]
    pub const fn stuck_after(mut self, stuck_after: Duration) -> Self {
        self.stuck_after = stuck_after;
        self
    }

    /// What the queries of the views are run on.
    #[must_use]
    pub const fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// What views and all that goes with them are written on: everything that can be made again from the events, or is of
    /// this hour only.
    #[must_use]
    pub const fn upkeep(&self) -> &PgPool {
        &self.upkeep
    }

    pub(crate) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// The position of the ledger's last event; 0 while there is none.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn head(&self) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar("SELECT coalesce(max(position), 0) FROM events").fetch_one(&self.pool).await
    }
}
