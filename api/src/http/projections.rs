//! `GET /api/projections`.

use crate::app::App;
use crate::app::answers::projections::ProjectionsAnswer;

use super::answer::Answer;
use super::ask;
use super::call::Call;
use super::errors::ApiError;

/// How far each view has come, and what stopped it.
#[utoipa::path(get, path = "/api/projections", tag = "projections",
    responses((status = 200, description = "Every view", body = ProjectionsAnswer)))]
pub(crate) async fn list(app: App, _call: Call) -> Result<Answer, ApiError> {
    ask::read(&app.projections().await?)
}
