//! How far the views are.

use super::answers::projections::{ProjectionAnswer, ProjectionsAnswer};
use super::{App, AppError};

impl App {
    /// How far each view has come, and what stopped it.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn projections(&self) -> Result<ProjectionsAnswer, AppError> {
        let status = self.views.status().await?;
        Ok(ProjectionsAnswer {
            epoch: self.ledger.epoch().await?,
            head: status.iter().map(|view| view.head).max().unwrap_or(0),
            views: status.into_iter().map(ProjectionAnswer::from).collect(),
        })
    }
}
