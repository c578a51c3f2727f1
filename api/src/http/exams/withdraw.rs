//! `POST /api/exams/{exam}/withdraw`.

use domain::ExamId;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask::{self, Nothing};
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// Withdraw released results.
#[utoipa::path(
    post, path = "/api/exams/{exam}/withdraw", tag = "exams",
    params(("exam" = Uuid, Path, description = "The exam's id")),
    responses((status = 200, description = "The exam", body = crate::app::answers::exam::ExamAnswer)),
)]
pub(crate) async fn withdraw(
    exam: ExamId,
    app: App,
    call: Call,
    body: JsonBody<Nothing>,
) -> Result<Answer, ApiError> {
    ask::written(&app.withdraw_results(&ask::caller(&call, &body.digest), exam).await?)
}
