//! Whose copies are, from the events themselves: a view may be behind, or may have left a copy out.

use domain::copy::ExamCopy;
use domain::{CopyId, SubjectId};

use super::super::{App, AppError};

impl App {
    /// The copies that are identified as the subject's now, voided ones too, in the order of their ids.
    ///
    /// # Errors
    /// The database's.
    pub(in crate::app) async fn copies_of(&self, subject: SubjectId) -> Result<Vec<CopyId>, AppError> {
        let ever: Vec<String> = sqlx::query_scalar(include_str!("identified.sql"))
            .bind(subject.to_string())
            .fetch_all(self.views.pool())
            .await?;
        let mut copies = Vec::new();
        for copy in ever.iter().filter_map(|id| id.parse::<CopyId>().ok()) {
            if self.ledger.load::<ExamCopy>(copy.0).await?.state.subject == Some(subject) {
                copies.push(copy);
            }
        }
        Ok(copies)
    }
}
