//! Reading exams.

use domain::{ExamId, Role};
use projections::views::exams;

use super::super::answers::exam::ExamAnswer;
use super::super::answers::list::List;
use super::super::{App, AppError, Page};
use crate::tokens::Actor;

impl App {
    /// The exam with its scheme and graders.
    ///
    /// # Errors
    /// [`AppError::NoSuch`], [`AppError::Behind`].
    pub async fn exam(&self, exam: ExamId, seen: Option<i64>) -> Result<ExamAnswer, AppError> {
        self.catch_up(exams::VIEW, seen).await?;
        let mut row = exams::get(self.views.pool(), exam).await?;
        if row.is_none() {
            self.catch_up_to_head(exams::VIEW).await?;
            row = exams::get(self.views.pool(), exam).await?;
        }
        row.map(ExamAnswer::of_row).ok_or(AppError::NoSuch("exam"))
    }

    /// A page of the exams that the reader may know of, the oldest first.
    ///
    /// # Errors
    /// [`AppError::OldCursor`], [`AppError::Behind`].
    pub async fn exams(
        &self,
        reader: &Actor,
        page: Page,
        seen: Option<i64>,
    ) -> Result<List<ExamAnswer>, AppError> {
        self.catch_up(exams::VIEW, seen).await?;
        let (pool, after) = (self.views.pool(), page.after_number());
        let slice = match reader.role {
            Role::Grader => exams::list_of_grader(pool, reader.id, after, page.size).await?,
            _ => exams::list(pool, after, page.size).await?,
        };
        self.list(&page, slice, ExamAnswer::of_row).await
    }
}
