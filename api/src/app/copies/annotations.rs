//! Reading annotations.

use domain::{AnnotationId, CopyId};
use projections::views::annotations;
use serde_json::Value;

use super::super::answers::annotation::AnnotationAnswer;
use super::super::execute::json;
use super::super::{App, AppError, Page, Sight};

impl App {
    /// An annotation that stands, its text opened.
    ///
    /// # Errors
    /// [`AppError::NoSuch`], [`AppError::Behind`].
    pub async fn annotation(
        &self,
        sight: Sight,
        copy: CopyId,
        annotation: AnnotationId,
        seen: Option<i64>,
    ) -> Result<Value, AppError> {
        self.catch_up(annotations::VIEW, seen).await?;
        let mut row = annotations::get(self.views.pool(), copy, annotation).await?;
        if row.is_none() {
            self.catch_up_to_head(annotations::VIEW).await?;
            row = annotations::get(self.views.pool(), copy, annotation).await?;
        }
        let row = row.ok_or(AppError::NoSuch("annotation on this copy"))?;
        self.opened(sight, json(&AnnotationAnswer::of_row(row))).await
    }

    /// A page of the annotations that stand on a copy, in the order in which they were added, texts opened.
    ///
    /// # Errors
    /// [`AppError::NoSuch`] where there is no such copy, [`AppError::OldCursor`], [`AppError::Behind`].
    pub async fn annotations(
        &self,
        sight: Sight,
        copy: CopyId,
        page_index: Option<u32>,
        page: Page,
        seen: Option<i64>,
    ) -> Result<Value, AppError> {
        self.copy_state(copy).await?;
        self.catch_up(annotations::VIEW, seen).await?;
        let after = page.after_number();
        let slice = annotations::of_copy(self.views.pool(), copy, page_index, after, page.size).await?;
        let standing = self.list(&page, slice, AnnotationAnswer::of_row).await?;
        self.opened(sight, json(&standing)).await
    }
}
