//! `PUT /api/copies/{copy}/scores/{question}`.

use domain::{CopyId, QuestionId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::answers::decimal::DecimalPoints;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// The points of a question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewScore {
    /// From 0 to the question's maximum; null takes the score back.
    #[serde(deserialize_with = "ask::nullable")]
    #[schema(required = true)]
    points: Option<DecimalPoints>,
}

/// Give a question its points.
#[utoipa::path(put, path = "/api/copies/{copy}/scores/{question}", tag = "marking", request_body = NewScore,
    params(
        ("copy" = Uuid, Path, description = "The copy's id"),
        ("question" = String, Path, description = "As printed on the paper"),
        ("X-Lock-Token" = String, Header, description = "The token of the copy's lock"),
    ),
    responses((status = 200, description = "The score", body = crate::app::answers::marks::ScoreAnswer)),
)]
pub(crate) async fn put(
    copy: CopyId,
    question: QuestionId,
    app: App,
    call: Call,
    body: JsonBody<NewScore>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    let shown = app.shown_lock(call.lock_token.as_deref());
    let points = body.value.points.map(|points| points.0);
    ask::written(&app.score_question(&caller, copy, shown, question, points).await?)
}
