//! Reading one copy.

use domain::CopyId;
use projections::views::copies;
use serde_json::Value;

use super::super::answers::copy::CopyAnswer;
use super::super::execute::json;
use super::super::{App, AppError, Sight};

impl App {
    /// The copy with its pages, marks and outcome, texts opened.
    ///
    /// # Errors
    /// [`AppError::NoSuch`], or [`AppError::Behind`] where the view does not come to `seen` in time.
    pub async fn copy(&self, sight: Sight, copy: CopyId, seen: Option<i64>) -> Result<Value, AppError> {
        self.catch_up(copies::VIEW, seen).await?;
        let mut row = copies::get(self.views.pool(), copy).await?;
        if row.is_none() {
            self.catch_up_to_head(copies::VIEW).await?;
            row = copies::get(self.views.pool(), copy).await?;
        }
        let row = row.ok_or(AppError::NoSuch("copy"))?;
        self.opened(sight, json(&CopyAnswer::of_row(row))).await
    }
}
