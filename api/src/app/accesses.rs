//! Reading who read what.

use super::answers::access::AccessLine;
use super::answers::list::List;
use super::{App, AppError, Page};
use crate::access_log::AccessFilter;

impl App {
    /// A page of the log of accesses, the newest first, with the reasons opened.
    ///
    /// # Errors
    /// [`AppError::OldCursor`] for a cursor of another history, or the database's.
    pub async fn accesses(&self, page: Page, filter: AccessFilter) -> Result<List<AccessLine>, AppError> {
        let slice = self.access_log.read(filter, page.after_number(), page.size).await?;
        self.list(&page, slice, AccessLine::from).await
    }
}
