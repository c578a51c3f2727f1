//! `PUT /api/copies/{copy}/remarks/{question}`.

use domain::{CopyId, QuestionId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::texts::Prose;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// A remark on a question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRemark {
    /// Up to 10,000 characters; null, or nothing written, takes the remark back.
    #[serde(deserialize_with = "ask::nullable")]
    #[schema(required = true)]
    remark: Option<Prose>,
}

/// Give a question a remark.
#[utoipa::path(put, path = "/api/copies/{copy}/remarks/{question}", tag = "marking", request_body = NewRemark,
    params(
        ("copy" = Uuid, Path, description = "The copy's id"),
        ("question" = String, Path, description = "As printed on the paper"),
        ("X-Lock-Token" = String, Header, description = "The token of the copy's lock"),
    ),
    responses((status = 200, description = "The remark", body = crate::app::answers::marks::RemarkAnswer)),
)]
pub(crate) async fn put(
    copy: CopyId,
    question: QuestionId,
    app: App,
    call: Call,
    body: JsonBody<NewRemark>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    let shown = app.shown_lock(call.lock_token.as_deref());
    ask::written(&app.set_remark(&caller, copy, shown, question, body.value.remark).await?)
}
