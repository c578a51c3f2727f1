//! `POST /api/projections/{view}/park`.

use domain::ViewName;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::app::answers::projections::ParkingAnswer;
use crate::app::texts::Reason;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// A stream that a view is to go on without.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parking {
    /// The id of the stream that stops the view, as `GET /api/projections` names it.
    stream: Uuid,
    /// Why: 1 to 2,000 characters.
    reason: Reason,
}

/// Let a stopped view go on without the stream that stops it. Its leader takes that up by itself; what came of it is told by
/// `GET /api/projections`.
#[utoipa::path(post, path = "/api/projections/{view}/park", tag = "projections", request_body = Parking,
    params(("view" = String, Path, description = "The view's name")),
    responses((status = 202, description = "The stream, parked", body = ParkingAnswer)),
)]
pub(crate) async fn park(
    view: ViewName,
    app: App,
    call: Call,
    body: JsonBody<Parking>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    let Parking { stream, reason } = body.value;
    let written = app.park(&caller, &view, stream, &reason).await?;
    Ok(ask::written(&written)?.status(StatusCode::ACCEPTED))
}
