//! How far the views are, and what operators do to them.

mod error;
mod park;

use ::projections::{OperateError, ProjectionStatus};
use domain::Role;
use serde_json::Value;

pub use error::ViewError;

use super::answers::projections::{LEFT_OUT_SHOWN, ProjectionAnswer, ProjectionsAnswer};
use super::execute::json;
use super::opening::Opener;
use super::{App, AppError, Sight};

impl App {
    /// How far each view has come, what stopped it, what holds it up and what it leaves out. What other sessions ask the
    /// database is for administrators; why a stream is parked, for auditors as well.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn projections(&self, role: Role, sight: Sight) -> Result<Value, AppError> {
        let status = self.views.status_explained().await?;
        let left_out = self.views.left_out(LEFT_OUT_SHOWN).await?;
        let answer = ProjectionsAnswer::of(self.ledger.epoch().await?, status, left_out);
        let answer = json(&match role {
            Role::Admin => answer,
            Role::Auditor => answer.without_queries(),
            Role::Grader | Role::Clerk | Role::Student | Role::Service | Role::System => {
                answer.without_queries().without_reasons()
            }
        });
        // How the views stand must be told though the keys are away.
        match Opener::vault(&self.vault, sight).opened(answer.clone()).await {
            Ok(opened) => Ok(opened),
            Err(error) => {
                tracing::warn!(cause = domain::chain(&error), "why streams are parked cannot be opened");
                Ok(Opener::nobody().opened(answer).await?)
            }
        }
    }

    /// Lets a stopped view try its event again. Answers how it stands then; its leader goes on from there.
    ///
    /// # Errors
    /// [`AppError::NoSuch`], or that it is not stopped.
    pub async fn retry_view(&self, view: &domain::ViewName) -> Result<ProjectionAnswer, AppError> {
        let not_stopped = || ViewError::NotStopped { view: view.clone() };
        match self.views.retry(view.as_str()).await {
            Err(OperateError::NotPoisoned { .. }) => Err(not_stopped().into()),
            Err(OperateError::NoSuchView { .. }) => Err(AppError::NoSuch("view")),
            Err(OperateError::Database(error)) => Err(error.into()),
            Ok(()) => Ok(ProjectionAnswer::from(self.standing(view).await?)),
        }
    }

    /// How a view stands.
    async fn standing(&self, view: &domain::ViewName) -> Result<ProjectionStatus, AppError> {
        self.views.status_named(view.as_str()).await?.ok_or(AppError::NoSuch("view"))
    }
}
