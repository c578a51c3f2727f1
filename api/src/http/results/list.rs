//! `GET /api/results`.

use crate::app::App;
use crate::app::answers::list::List;
use crate::app::answers::result::ResultAnswer;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// Your results: your copies that are graded, of exams whose results are released.
#[utoipa::path(get, path = "/api/results", tag = "results",
    responses((status = 200, description = "Your results", body = List<ResultAnswer>)))]
pub(crate) async fn list(app: App, call: Call) -> Result<Answer, ApiError> {
    match call.actor.subject {
        Some(subject) => ask::read(&app.results(subject, call.seen_position).await?),
        // The table lets nobody here who is no student.
        None => Err(ApiError::not_found("this token names no student")),
    }
}
