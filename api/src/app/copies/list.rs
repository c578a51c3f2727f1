//! Lists of copies.

use domain::ExamId;
use projections::views::copies::{self, CopyFilter, Standing};

use super::super::answers::copy_summary::CopySummary;
use super::super::answers::list::List;
use super::super::{App, AppError, Page};

/// Which copies are asked for.
#[derive(Clone, Copy, Debug)]
pub struct CopiesAsked {
    /// Those of this exam.
    pub exam: Option<ExamId>,
    /// Those that stand so.
    pub standing: Standing,
    /// Which page of them.
    pub page: Page,
}

impl App {
    /// A page of copies, the oldest first.
    ///
    /// # Errors
    /// [`AppError::OldCursor`] for a cursor of another history, [`AppError::Behind`].
    pub async fn copies(&self, asked: CopiesAsked, seen: Option<i64>) -> Result<List<CopySummary>, AppError> {
        self.catch_up(copies::VIEW, seen).await?;
        let filter = CopyFilter { exam: asked.exam, standing: asked.standing };
        let (after, size) = (asked.page.after_number(), asked.page.size);
        let slice = copies::list(self.views.pool(), filter, after, size).await?;
        self.list(&asked.page, slice, CopySummary::from).await
    }
}
