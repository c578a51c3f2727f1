//! How far the views are.

use domain::Role;

use super::answers::projections::ProjectionsAnswer;
use super::{App, AppError};

impl App {
    /// How far each view has come, what stopped it and what holds it up. What other sessions ask the database is for
    /// administrators.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn projections(&self, role: Role) -> Result<ProjectionsAnswer, AppError> {
        let status = self.views.status_explained().await?;
        let answer = ProjectionsAnswer::of(self.ledger.epoch().await?, status);
        Ok(if role == Role::Admin { answer } else { answer.without_queries() })
    }
}
