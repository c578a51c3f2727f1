//! `POST /api/copies/{copy}/unidentify`.

use domain::CopyId;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;
use crate::http::reasoned::Reasoned;

/// Take back what was said of whose a copy is.
#[utoipa::path(post, path = "/api/copies/{copy}/unidentify", tag = "copies", request_body = Reasoned,
    params(("copy" = Uuid, Path, description = "The copy's id")),
    responses((status = 200, description = "The copy", body = crate::app::answers::copy::CopyAnswer)),
)]
pub(crate) async fn unidentify(
    copy: CopyId,
    app: App,
    call: Call,
    body: JsonBody<Reasoned>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    ask::written(&app.unidentify_copy(&caller, copy, &body.value.reason).await?)
}
