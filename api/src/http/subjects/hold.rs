//! `POST /api/subjects/{subject}/holds`.

use domain::SubjectId;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;
use crate::http::reasoned::Reasoned;

/// Place a legal hold: nothing of the subject is erased while it stands.
#[utoipa::path(post, path = "/api/subjects/{subject}/holds", tag = "subjects", request_body = Reasoned,
    params(("subject" = Uuid, Path, description = "The subject's pseudonym")),
    responses((status = 200, description = "The subject", body = crate::app::answers::subject::SubjectAnswer)))]
pub(crate) async fn hold(
    subject: SubjectId,
    app: App,
    call: Call,
    body: JsonBody<Reasoned>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    ask::written(&app.hold_subject(&caller, subject, &body.value.reason).await?)
}
