//! `GET /api/subjects/{subject}`.

use domain::SubjectId;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// A subject, with who it is for those who may know.
#[utoipa::path(get, path = "/api/subjects/{subject}", tag = "subjects",
    params(("subject" = Uuid, Path, description = "The subject's pseudonym")),
    responses((status = 200, description = "The subject", body = crate::app::answers::subject::SubjectAnswer)))]
pub(crate) async fn get(subject: SubjectId, app: App, call: Call) -> Result<Answer, ApiError> {
    let reader = (call.actor.role, call.sight());
    ask::read(&app.subject(reader, subject, call.seen_position).await?)
}
