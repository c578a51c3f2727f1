//! What readers and operators ask of views as wholes: how far they are, and to begin again.

mod operate;
mod progress;
mod status;
mod wait;

use std::sync::Arc;

use sqlx::PgPool;

pub use operate::OperateError;
pub(crate) use progress::Progress;
pub use status::{Poison, ProjectionStatus};
pub use wait::{Lag, WaitError};

/// The views of one ledger, for reading. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Views {
    pool: PgPool,
    progress: Arc<Progress>,
}

impl Views {
    /// The views in the schema that the pool's sessions see.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { pool, progress: Arc::default() }
    }

    /// What the queries of the views are run on.
    #[must_use]
    pub const fn pool(&self) -> &PgPool {
        &self.pool
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
