//! Trying a failed import again.

use domain::CopyId;
use domain::copy::CopyAction;

use super::super::{App, AppError, Caller, Written};

impl App {
    /// Asks for another attempt at the import.
    ///
    /// # Errors
    /// A rule of the copy.
    pub async fn retry_import(&self, caller: &Caller, copy: CopyId) -> Result<Written, AppError> {
        self.order(caller, copy).await?.send_for_copy(CopyAction::RetryImport).await
    }
}
