//! Reading whether a copy is in someone's hands.

use domain::{ActorId, CopyId};
use projections::views::copy_locks;

use super::super::answers::lock::LockStatusAnswer;
use super::super::{App, AppError};

impl App {
    /// Whether a lease on the copy runs. One that is over counts no more, whether or not that is recorded yet.
    ///
    /// # Errors
    /// [`AppError::NoSuch`], [`AppError::Behind`].
    pub async fn lock_status(
        &self,
        reader: ActorId,
        copy: CopyId,
        seen: Option<i64>,
    ) -> Result<LockStatusAnswer, AppError> {
        self.copy_state(copy).await?;
        self.catch_up(copy_locks::VIEW, seen).await?;
        let lock = copy_locks::of_copy(self.views.pool(), copy).await?;
        let lock = lock.filter(|lock| lock.expires_at > self.ledger.now());
        Ok(LockStatusAnswer {
            locked: lock.is_some(),
            mine: lock.as_ref().is_some_and(|lock| lock.owner == reader),
            owner_id: lock.as_ref().map(|lock| lock.owner.0),
            expires_at: lock.as_ref().map(|lock| lock.expires_at),
        })
    }
}
