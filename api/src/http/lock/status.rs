//! `GET /api/copies/{copy}/lock/status`.

use domain::CopyId;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// Whether a copy is in someone's hands.
#[utoipa::path(get, path = "/api/copies/{copy}/lock/status", tag = "lock",
    params(("copy" = Uuid, Path, description = "The copy's id")),
    responses((status = 200, description = "The lock, without its token", body = crate::app::answers::lock::LockStatusAnswer)),
)]
pub(crate) async fn status(copy: CopyId, app: App, call: Call) -> Result<Answer, ApiError> {
    ask::read(&app.lock_status(call.actor.id, copy, call.seen_position).await?)
}
