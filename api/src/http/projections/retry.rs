//! `POST /api/projections/{view}/retry`.

use domain::ViewName;
use http::StatusCode;

use crate::app::App;
use crate::app::answers::projections::ProjectionAnswer;
use crate::http::answer::Answer;
use crate::http::ask::{self, Nothing};
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// Let a stopped view try its event again, after the cause was mended. Nothing is recorded: what came of it is told by
/// `GET /api/projections`.
#[utoipa::path(post, path = "/api/projections/{view}/retry", tag = "projections",
    params(("view" = String, Path, description = "The view's name")),
    responses((status = 202, description = "How the view stands", body = ProjectionAnswer)),
)]
pub(crate) async fn retry(
    view: ViewName,
    app: App,
    call: Call,
    _: JsonBody<Nothing>,
) -> Result<Answer, ApiError> {
    let standing = app.retry_view(&view).await?;
    tracing::info!(view = %view, user_id = %call.actor.id, "an operator has a stopped view try again");
    Ok(ask::read(&standing)?.status(StatusCode::ACCEPTED))
}
