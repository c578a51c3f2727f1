//! `GET /api/copies/{copy}`.

use domain::CopyId;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// A copy with its pages, marks and outcome.
#[utoipa::path(get, path = "/api/copies/{copy}", tag = "copies",
    params(
        ("copy" = Uuid, Path, description = "The copy's id"),
    ),
    responses((status = 200, description = "The copy", body = crate::app::answers::copy::CopyAnswer)),
)]
pub(crate) async fn get(copy: CopyId, app: App, call: Call) -> Result<Answer, ApiError> {
    ask::read(&app.copy(call.sight(), copy, call.seen_position).await?)
}
