//! `POST /api/subjects/{subject}/erasure/approve`.

use domain::SubjectId;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask::{self, Nothing};
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// Approve the erasure that another admin asked for. It begins by itself, and cannot be taken back then.
#[utoipa::path(post, path = "/api/subjects/{subject}/erasure/approve", tag = "subjects",
    params(("subject" = Uuid, Path, description = "The subject's pseudonym")),
    responses((status = 200, description = "The subject", body = crate::app::answers::subject::SubjectAnswer)))]
pub(crate) async fn approve_erasure(
    subject: SubjectId,
    app: App,
    call: Call,
    body: JsonBody<Nothing>,
) -> Result<Answer, ApiError> {
    ask::written(&app.approve_erasure(&ask::caller(&call, &body.digest), subject).await?)
}
