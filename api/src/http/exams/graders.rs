//! `POST /api/exams/{exam}/graders` and `DELETE /api/exams/{exam}/graders/{grader}`.

use domain::exam::Duty;
use domain::{ActorId, ExamId};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// A grader to be enrolled.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewGrader {
    /// The grader's pseudonym, as `gradeledger token create` printed it.
    grader_id: Uuid,
    /// `MARKER`: marks copies. `LEAD`: marks copies and leads the marking of the exam, which is recorded and shown. To change
    /// it, remove the grader and enrol them anew.
    #[serde(default)]
    #[schema(value_type = String, default = "MARKER", example = "MARKER")]
    duty: Duty,
}

/// Let a grader mark the exam's copies.
#[utoipa::path(
    post, path = "/api/exams/{exam}/graders", tag = "exams", request_body = NewGrader,
    params(("exam" = Uuid, Path, description = "The exam's id")),
    responses((status = 200, description = "The exam", body = crate::app::answers::exam::ExamAnswer)),
)]
pub(crate) async fn enrol(
    exam: ExamId,
    app: App,
    call: Call,
    body: JsonBody<NewGrader>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    let NewGrader { grader_id, duty } = body.value;
    ask::written(&app.enrol_grader(&caller, exam, ActorId(grader_id), duty).await?)
}

/// Let a grader take no more of the exam's copies.
#[utoipa::path(
    delete, path = "/api/exams/{exam}/graders/{grader}", tag = "exams",
    params(
        ("exam" = Uuid, Path, description = "The exam's id"),
        ("grader" = Uuid, Path, description = "The grader's pseudonym"),
    ),
    responses((status = 200, description = "The exam", body = crate::app::answers::exam::ExamAnswer)),
)]
pub(crate) async fn remove(exam: ExamId, grader: ActorId, app: App, call: Call) -> Result<Answer, ApiError> {
    ask::written(&app.remove_grader(&ask::caller_of_bare(&call), exam, grader).await?)
}
