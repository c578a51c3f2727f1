//! Reading subjects: the list by pseudonyms, one with who it is.

use domain::access::{Act, Scopes, may};
use domain::{Role, SubjectId};
use projections::views::subjects;
use serde_json::Value;

use super::super::answers::subject::SubjectAnswer;
use super::super::execute::json;
use super::super::{App, AppError, Page, Sight};
use super::identity;

impl App {
    /// A page of subjects. Nobody's identity is opened in a list.
    ///
    /// # Errors
    /// [`AppError::OldCursor`], [`AppError::Behind`].
    pub async fn subjects(&self, page: Page, seen: Option<i64>) -> Result<Value, AppError> {
        self.catch_up(subjects::VIEW, seen).await?;
        let slice = subjects::list(self.views.pool(), page.after_number(), page.size).await?;
        let list = self.list(&page, slice, |row| SubjectAnswer::of(row.subject, &row.standing)).await?;
        self.opened(Sight { texts: false, file_names: false, whose: true, marks: true }, json(&list)).await
    }

    /// A subject; who it is for a reader who may read identities, the reasons of holds for one who may read texts.
    ///
    /// # Errors
    /// [`AppError::NoSuch`], [`AppError::Behind`].
    pub async fn subject(
        &self,
        (reader, sight): (Role, Sight),
        subject: SubjectId,
        seen: Option<i64>,
    ) -> Result<Value, AppError> {
        self.catch_up(subjects::VIEW, seen).await?;
        let mut row = subjects::get(self.views.pool(), subject).await?;
        if row.is_none() {
            self.catch_up_to_head(subjects::VIEW).await?;
            row = subjects::get(self.views.pool(), subject).await?;
        }
        let row = row.ok_or(AppError::NoSuch("subject"))?;
        let mut answer = json(&SubjectAnswer::of(subject, &row.standing));
        let identity = answer.get_mut("identity").map(Value::take).unwrap_or_default();
        let opens = Sight { texts: may(Act::ReadIdentities, reader, Scopes::NONE), ..sight };
        let identity = self.opened(opens, identity).await?;
        let mut answer = self.opened(sight, answer).await?;
        answer["identity"] = identity;
        Ok(identity::read(answer))
    }
}
