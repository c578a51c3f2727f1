//! `POST /api/projections/{view}/unpark`.

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

/// A stream that a view is to take in again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unparking {
    /// The id of the parked stream.
    stream: Uuid,
    /// Why, where there is something to say: 1 to 2,000 characters.
    #[serde(default)]
    reason: Option<Reason>,
}

/// Have a view take a parked stream in again, from its beginning. Its leader takes that up by itself; an event that still cannot
/// be folded stops the view again, as `GET /api/projections` tells.
#[utoipa::path(post, path = "/api/projections/{view}/unpark", tag = "projections", request_body = Unparking,
    params(("view" = String, Path, description = "The view's name")),
    responses((status = 202, description = "The stream, parked no more", body = ParkingAnswer)),
)]
pub(crate) async fn unpark(
    view: ViewName,
    app: App,
    call: Call,
    body: JsonBody<Unparking>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    let Unparking { stream, reason } = body.value;
    let written = app.unpark(&caller, &view, stream, reason.as_ref()).await?;
    Ok(ask::written(&written)?.status(StatusCode::ACCEPTED))
}
