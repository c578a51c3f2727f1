//! `POST /api/subjects/{subject}/erasure`.

use domain::SubjectId;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;
use crate::http::reasoned::Reasoned;

/// Ask for the erasure of all that is kept of a subject. Another admin has to approve it.
#[utoipa::path(post, path = "/api/subjects/{subject}/erasure", tag = "subjects", request_body = Reasoned,
    params(("subject" = Uuid, Path, description = "The subject's pseudonym")),
    responses((status = 200, description = "The subject", body = crate::app::answers::subject::SubjectAnswer)))]
pub(crate) async fn request_erasure(
    subject: SubjectId,
    app: App,
    call: Call,
    body: JsonBody<Reasoned>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    ask::written(&app.request_erasure(&caller, subject, &body.value.reason).await?)
}
