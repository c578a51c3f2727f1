//! `DELETE /api/copies/{copy}/lock/release`.

use domain::CopyId;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// Give a copy back.
#[utoipa::path(delete, path = "/api/copies/{copy}/lock/release", tag = "lock",
    params(
        ("copy" = Uuid, Path, description = "The copy's id"),
        ("X-Lock-Token" = String, Header, description = "The token of the copy's lock"),
    ),
    responses((status = 200, description = "The copy", body = crate::app::answers::copy::CopyAnswer)),
)]
pub(crate) async fn release(copy: CopyId, app: App, call: Call) -> Result<Answer, ApiError> {
    let shown = app.shown_lock(call.lock_token.as_deref());
    ask::written(&app.release_lock(&ask::caller_of_bare(&call), copy, shown).await?)
}
