//! `GET /api/results/{copy}`.

use domain::CopyId;

use crate::app::App;
use crate::app::answers::result::ResultAnswer;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// One of your results.
#[utoipa::path(get, path = "/api/results/{copy}", tag = "results",
    params(("copy" = Uuid, Path, description = "The copy's id")),
    responses((status = 200, description = "The result", body = ResultAnswer)))]
pub(crate) async fn get(copy: CopyId, app: App, _call: Call) -> Result<Answer, ApiError> {
    ask::read(&app.result(copy).await?)
}
