//! `GET /api/projections`.

use crate::app::App;
use crate::app::answers::projections::ProjectionsAnswer;

use super::answer::Answer;
use super::ask;
use super::call::Call;
use super::errors::ApiError;

/// How far each view has come, what stopped it, what holds it up, and what to do next.
#[utoipa::path(get, path = "/api/projections", tag = "projections",
    responses((status = 200, description = "Every view", body = ProjectionsAnswer)))]
pub(crate) async fn list(app: App, call: Call) -> Result<Answer, ApiError> {
    ask::read(&app.projections(call.actor.role).await?)
}
