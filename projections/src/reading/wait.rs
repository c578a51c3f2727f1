//! Reading one's own writes: waiting, within bounds, until a view has folded a position.

use std::fmt;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::Views;
use crate::projector::ViewName;

/// How often the checkpoint is looked at while another process folds the view.
const POLL_EVERY: Duration = Duration::from_millis(25);

/// How far a view is behind what a reader asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag {
    /// Which view.
    pub view: ViewName,
    /// The position that the reader asked for.
    pub wanted: i64,
    /// The position that the view has.
    pub position: i64,
    /// The ledger's last position.
    pub head: i64,
    /// How long the oldest event that is not folded has been waiting, in milliseconds.
    pub lag_ms: u64,
}

impl fmt::Display for Lag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the view {} is at position {} of {}, {} ms behind; position {} was asked for",
            self.view.name, self.position, self.head, self.lag_ms, self.wanted
        )
    }
}

impl std::error::Error for Lag {}

/// Why a wait ended without the position.
#[derive(Debug, thiserror::Error)]
pub enum WaitError {
    /// The time was over.
    #[error(transparent)]
    Behind(#[from] Lag),
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl Views {
    /// Waits until `view` has folded `position`, `patience` at the longest; looks at least once.
    ///
    /// # Errors
    /// The view is behind still, with the lag; or the database did not answer.
    pub async fn wait_for(&self, view: ViewName, position: i64, patience: Duration) -> Result<(), WaitError> {
        let deadline = Instant::now() + patience;
        let mut committed = self.progress.watch(view);
        loop {
            committed.mark_unchanged();
            if self.position(view).await? >= position {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(self.lag(view, position).await?.into());
            }
            let next_look = deadline.min(Instant::now() + POLL_EVERY);
            // Both outcomes mean to look again: a commit here reached the position, or it is time to poll.
            let _ = timeout_at(next_look, reaches(&mut committed, position)).await;
        }
    }

    /// Waits until `view` has folded everything that the ledger holds now, `patience` at the longest. A read by id that
    /// found nothing does so before it says that there is nothing.
    ///
    /// # Errors
    /// As [`Views::wait_for`].
    pub async fn wait_for_head(&self, view: ViewName, patience: Duration) -> Result<(), WaitError> {
        let head = self.head().await?;
        self.wait_for(view, head, patience).await
    }

    /// The position that a view has folded; 0 where it never ran.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn position(&self, view: ViewName) -> Result<i64, sqlx::Error> {
        let position =
            sqlx::query_scalar("SELECT position FROM projections WHERE name = $1 AND version = $2")
                .bind(view.name)
                .bind(view.version)
                .fetch_optional(self.pool())
                .await?;
        Ok(position.unwrap_or(0))
    }

    async fn lag(&self, view: ViewName, wanted: i64) -> Result<Lag, sqlx::Error> {
        let status = self.status_of(&[view]).await?;
        let (position, head, lag_ms) =
            status.first().map_or((0, 0, 0), |status| (status.position, status.head, status.lag_ms));
        Ok(Lag { view, wanted, position, head, lag_ms })
    }
}

async fn reaches(committed: &mut watch::Receiver<i64>, position: i64) {
    while committed.changed().await.is_ok() {
        if *committed.borrow_and_update() >= position {
            return;
        }
    }
}
