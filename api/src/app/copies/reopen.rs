//! Opening a graded copy to marking again (L12).

use domain::CopyId;
use domain::copy::CopyAction;

use super::super::texts::Reason;
use super::super::{App, AppError, Caller, Written};

impl App {
    /// Reopens the copy, with the reason.
    ///
    /// # Errors
    /// A rule of the copy.
    pub async fn reopen_copy(
        &self,
        caller: &Caller,
        copy: CopyId,
        reason: &Reason,
    ) -> Result<Written, AppError> {
        let mut order = self.order(caller, copy).await?;
        let reason = order.seal_text(reason.as_str()).await?;
        order.send_for_copy(CopyAction::Reopen { reason }).await
    }
}
