//! `DELETE /api/subjects/{subject}/erasure`.

use domain::SubjectId;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;
use crate::http::reasoned::Reasoned;

/// Take the wish back. Once the erasure has begun, nothing does.
#[utoipa::path(delete, path = "/api/subjects/{subject}/erasure", tag = "subjects", request_body = Reasoned,
    params(("subject" = Uuid, Path, description = "The subject's pseudonym")),
    responses((status = 200, description = "The subject", body = crate::app::answers::subject::SubjectAnswer)))]
pub(crate) async fn withdraw_erasure(
    subject: SubjectId,
    app: App,
    call: Call,
    body: JsonBody<Reasoned>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    ask::written(&app.withdraw_erasure(&caller, subject, &body.value.reason).await?)
}
