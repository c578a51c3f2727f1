//! `POST /api/copies/{copy}/finalize/retry`.

use domain::CopyId;
use http::StatusCode;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;
use crate::http::reasoned::Reasoned;

/// Try a failed finalisation again, as the marking stands. A worker takes it up.
#[utoipa::path(post, path = "/api/copies/{copy}/finalize/retry", tag = "copies", request_body = Reasoned,
    params(("copy" = Uuid, Path, description = "The copy's id")),
    responses((status = 202, description = "The copy", body = crate::app::answers::copy::CopyAnswer)),
)]
pub(crate) async fn retry(
    copy: CopyId,
    app: App,
    call: Call,
    body: JsonBody<Reasoned>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    let written = app.retry_finalisation(&caller, copy, &body.value.reason).await?;
    Ok(ask::written(&written)?.status(StatusCode::ACCEPTED))
}
