//! `GET /api/projections`.

use crate::app::App;
use crate::app::answers::projections::ProjectionsAnswer;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// How far each view has come, what stopped it, what holds it up, what it leaves out, and what to do next.
#[utoipa::path(get, path = "/api/projections", tag = "projections",
    responses((status = 200, description = "Every view", body = ProjectionsAnswer)))]
pub(crate) async fn list(app: App, call: Call) -> Result<Answer, ApiError> {
    ask::read(&app.projections(call.actor.role, call.sight()).await?)
}
