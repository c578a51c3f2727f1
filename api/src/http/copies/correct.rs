//! `POST /api/copies/{copy}/correct`.

use domain::{CopyId, QuestionId};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::answers::decimal::DecimalPoints;
use crate::app::texts::Reason;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// A score that was wrong.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Correction {
    /// Which question.
    #[schema(value_type = String)]
    question: QuestionId,
    /// Its points as they should be.
    points: DecimalPoints,
    /// Why: 1 to 2,000 characters.
    reason: Reason,
}

/// Correct a score of a graded copy; its final PDF is made anew.
#[utoipa::path(post, path = "/api/copies/{copy}/correct", tag = "copies", request_body = Correction,
    params(("copy" = Uuid, Path, description = "The copy's id")),
    responses((status = 202, description = "The copy", body = crate::app::answers::copy::CopyAnswer)),
)]
pub(crate) async fn correct(
    copy: CopyId,
    app: App,
    call: Call,
    body: JsonBody<Correction>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    let Correction { question, points, reason } = body.value;
    let written = app.correct_score(&caller, copy, question, points.0, &reason).await?;
    Ok(ask::written(&written)?.status(StatusCode::ACCEPTED))
}
