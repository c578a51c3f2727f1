//! `POST /api/exams/{exam}/scheme`.

use domain::{ExamId, Question};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::answers::exam::QuestionJson;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// A scheme to be published.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewScheme {
    /// 1 to 500 questions, in their order.
    questions: Vec<QuestionJson>,
}

/// Publish a scheme; copies validated from now on are marked by it.
#[utoipa::path(
    post, path = "/api/exams/{exam}/scheme", tag = "exams", request_body = NewScheme,
    params(("exam" = Uuid, Path, description = "The exam's id")),
    responses((status = 200, description = "The exam", body = crate::app::answers::exam::ExamAnswer)),
)]
pub(crate) async fn publish(
    exam: ExamId,
    app: App,
    call: Call,
    body: JsonBody<NewScheme>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    let questions: Vec<Question> = body.value.questions.into_iter().map(Question::from).collect();
    ask::written(&app.publish_scheme(&caller, exam, questions).await?)
}
