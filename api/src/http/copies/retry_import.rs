//! `POST /api/copies/{copy}/import/retry`.

use domain::CopyId;
use http::StatusCode;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask::{self, Nothing};
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// Try a failed import again.
#[utoipa::path(post, path = "/api/copies/{copy}/import/retry", tag = "copies",
    params(("copy" = Uuid, Path, description = "The copy's id")),
    responses((status = 202, description = "The copy", body = crate::app::answers::copy::CopyAnswer)),
)]
pub(crate) async fn retry(
    copy: CopyId,
    app: App,
    call: Call,
    body: JsonBody<Nothing>,
) -> Result<Answer, ApiError> {
    let written = app.retry_import(&ask::caller(&call, &body.digest), copy).await?;
    Ok(ask::written(&written)?.status(StatusCode::ACCEPTED))
}
