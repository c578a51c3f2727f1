//! `GET /api/exams/{exam}`.

use domain::ExamId;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// An exam with its scheme and graders.
#[utoipa::path(get, path = "/api/exams/{exam}", tag = "exams",
    params(("exam" = Uuid, Path, description = "The exam's id")),
    responses((status = 200, description = "The exam", body = crate::app::answers::exam::ExamAnswer)),
)]
pub(crate) async fn get(exam: ExamId, app: App, call: Call) -> Result<Answer, ApiError> {
    ask::read(&app.exam(exam, call.seen_position).await?)
}
