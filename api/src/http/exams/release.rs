//! `POST /api/exams/{exam}/release`.

use domain::ExamId;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask::{self, Nothing};
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// Release the results: who may read their own graded copy may do so now.
#[utoipa::path(
    post, path = "/api/exams/{exam}/release", tag = "exams",
    params(("exam" = Uuid, Path, description = "The exam's id")),
    responses((status = 200, description = "The exam", body = crate::app::answers::exam::ExamAnswer)),
)]
pub(crate) async fn release(
    exam: ExamId,
    app: App,
    call: Call,
    body: JsonBody<Nothing>,
) -> Result<Answer, ApiError> {
    ask::written(&app.release_results(&ask::caller(&call, &body.digest), exam).await?)
}
