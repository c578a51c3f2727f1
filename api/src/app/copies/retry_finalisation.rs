//! Trying a failed finalisation again.

use domain::CopyId;
use domain::copy::CopyAction;

use super::super::texts::Reason;
use super::super::{App, AppError, Caller, Written};

impl App {
    /// Asks for another attempt at the final PDF, with the reason; as the marking stands, so that no lock is needed.
    ///
    /// # Errors
    /// A rule of the copy.
    pub async fn retry_finalisation(
        &self,
        caller: &Caller,
        copy: CopyId,
        reason: &Reason,
    ) -> Result<Written, AppError> {
        let mut order = self.order(caller, copy).await?;
        let reason = order.seal_text(reason.as_str()).await?;
        order.send_for_copy(CopyAction::RetryFinalisation { reason }).await
    }
}
