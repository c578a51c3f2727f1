//! `DELETE /api/subjects/{subject}/tokens`.

use domain::SubjectId;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// End every token of a student. Processes that have one cached follow within two seconds. It is no event; a repeat ends what
/// was given meanwhile.
#[utoipa::path(delete, path = "/api/subjects/{subject}/tokens", tag = "subjects",
    params(("subject" = Uuid, Path, description = "The subject's pseudonym")),
    responses((status = 204, description = "They are ended")))]
pub(crate) async fn revoke_tokens(subject: SubjectId, app: App, _call: Call) -> Result<Answer, ApiError> {
    app.revoke_tokens(subject).await?;
    tracing::info!(subject_id = %subject, "the tokens of a student were ended");
    Ok(Answer::no_content())
}
