//! Lists of copies.

use domain::{ExamId, Role};
use projections::views::copies::{self, CopyFilter, Standing};
use projections::views::exams;
use serde_json::Value;

use super::super::answers::copy_summary::CopySummary;
use super::super::execute::json;
use super::super::{App, AppError, Page, Sight};
use crate::tokens::Actor;

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
    /// A page of the copies that the reader may know of, the oldest first.
    ///
    /// # Errors
    /// [`AppError::OldCursor`] for a cursor of another history, [`AppError::Behind`].
    pub async fn copies(
        &self,
        reader: &Actor,
        asked: CopiesAsked,
        seen: Option<i64>,
    ) -> Result<Value, AppError> {
        self.catch_up(copies::VIEW, seen).await?;
        let filter = CopyFilter { exam: asked.exam, standing: asked.standing };
        let (after, size) = (asked.page.after_number(), asked.page.size);
        let slice = match reader.role {
            Role::Grader => {
                self.catch_up(exams::VIEW, seen).await?;
                let theirs = self.theirs(reader.id, asked.exam).await?;
                copies::list_of_grader(self.views.pool(), &theirs, filter, after, size).await?
            }
            _ => copies::list(self.views.pool(), filter, after, size).await?,
        };
        let listed = self.list(&asked.page, slice, CopySummary::from).await?;
        self.opened(Sight::of(reader.role, false), json(&listed)).await
    }
}
