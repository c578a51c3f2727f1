//! `POST /api/copies/{copy}/ready`.

use domain::CopyId;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask::{self, Nothing};
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// Open an imported copy to marking, by its exam's scheme in force.
#[utoipa::path(post, path = "/api/copies/{copy}/ready", tag = "copies",
    params(("copy" = Uuid, Path, description = "The copy's id")),
    responses((status = 200, description = "The copy", body = crate::app::answers::copy::CopyAnswer)),
)]
pub(crate) async fn ready(
    copy: CopyId,
    app: App,
    call: Call,
    body: JsonBody<Nothing>,
) -> Result<Answer, ApiError> {
    ask::written(&app.validate_copy(&ask::caller(&call, &body.digest), copy).await?)
}
