//! `POST /api/copies/{copy}/lock/force-release`.

use domain::CopyId;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;
use crate::http::reasoned::Reasoned;

/// Take a copy out of someone's hands.
#[utoipa::path(post, path = "/api/copies/{copy}/lock/force-release", tag = "lock", request_body = Reasoned,
    params(("copy" = Uuid, Path, description = "The copy's id")),
    responses((status = 200, description = "The copy", body = crate::app::answers::copy::CopyAnswer)),
)]
pub(crate) async fn force_release(
    copy: CopyId,
    app: App,
    call: Call,
    body: JsonBody<Reasoned>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    ask::written(&app.force_release_lock(&caller, copy, &body.value.reason).await?)
}
