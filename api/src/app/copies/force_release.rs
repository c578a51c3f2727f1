//! Taking a copy out of someone's hands.

use domain::CopyId;
use domain::copy::CopyAction;

use super::super::texts::Reason;
use super::super::{App, AppError, Caller, Written};

impl App {
    /// Ends another's lock, with the reason.
    ///
    /// # Errors
    /// A rule of the copy.
    pub async fn force_release_lock(
        &self,
        caller: &Caller,
        copy: CopyId,
        reason: &Reason,
    ) -> Result<Written, AppError> {
        let mut order = self.order(caller, copy).await?;
        let reason = order.seal_text(reason.as_str()).await?;
        order.send_for_copy(CopyAction::ForceReleaseLock { reason }).await
    }
}
