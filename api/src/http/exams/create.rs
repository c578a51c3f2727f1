//! `POST /api/exams`.

use domain::ExamCode;
use http::StatusCode;
use http::header::LOCATION;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// An exam to be created.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewExam {
    /// The office's code of it: up to 64 letters, digits, `.`, `_` and `-`.
    #[schema(value_type = String, example = "MATHS-2026-S1")]
    code: ExamCode,
}

/// Create an exam.
#[utoipa::path(
    post, path = "/api/exams", tag = "exams", request_body = NewExam,
    responses((status = 201, description = "The exam", body = crate::app::answers::exam::ExamAnswer)),
)]
pub(crate) async fn create(app: App, call: Call, body: JsonBody<NewExam>) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    let written = app.create_exam(&caller, body.value.code).await?;
    let id = written.answer.get("id").and_then(|id| id.as_str()).unwrap_or_default();
    let location = format!("/api/exams/{id}");
    Ok(ask::written(&written)?.status(StatusCode::CREATED).header(LOCATION, &location))
}
