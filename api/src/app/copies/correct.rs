//! Correcting a score of a graded copy (L12); a new final PDF follows (L7).

use domain::copy::CopyAction;
use domain::{CopyId, Points, QuestionId};

use super::super::texts::Reason;
use super::super::{App, AppError, Caller, Written};

impl App {
    /// Corrects a score, with the reason.
    ///
    /// # Errors
    /// A rule of the copy.
    pub async fn correct_score(
        &self,
        caller: &Caller,
        copy: CopyId,
        question: QuestionId,
        points: Points,
        reason: &Reason,
    ) -> Result<Written, AppError> {
        let mut order = self.order(caller, copy).await?;
        let reason = order.seal_text(reason.as_str()).await?;
        order.send_for_copy(CopyAction::Correct { question, points, reason }).await
    }
}
