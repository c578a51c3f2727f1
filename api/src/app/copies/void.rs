//! Taking a copy out of the count.

use domain::CopyId;
use domain::copy::CopyAction;

use super::super::texts::Reason;
use super::super::{App, AppError, Caller, Written};

impl App {
    /// Voids the copy, with the reason and, where there is one, the copy that stands in its place.
    ///
    /// # Errors
    /// [`AppError::Unprocessable`] where the other copy is not there, or a rule of the copy.
    pub async fn void_copy(
        &self,
        caller: &Caller,
        copy: CopyId,
        reason: &Reason,
        replaced_by: Option<CopyId>,
    ) -> Result<Written, AppError> {
        let mut order = self.order(caller, copy).await?;
        if let Some(other) = replaced_by {
            self.check_replacement(other).await?;
        }
        let reason = order.seal_text(reason.as_str()).await?;
        order.send_for_copy(CopyAction::Void { reason, replaced_by }).await
    }

    async fn check_replacement(&self, other: CopyId) -> Result<(), AppError> {
        match self.copy_state(other).await {
            Err(AppError::NoSuch(_)) => {
                let detail = "replaced_by names a copy that is not there; import it first, or leave it out";
                Err(AppError::unprocessable("no_such_replacement", detail))
            }
            other => other.map(drop),
        }
    }
}
