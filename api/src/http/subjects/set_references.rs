//! `PUT /api/subjects/{subject}/references`.

use domain::SubjectId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::texts::Reference;
use crate::http::answer::Answer;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// By what the institution knows a student.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInReferences {
    /// All of them, eight at most: what is not named is taken away.
    references: Vec<Reference>,
}

/// Say by which references the institution's issuer knows a student, so that they can sign in there. They are kept as HMACs and
/// cannot be read back. It is no event; a repeat does nothing more.
#[utoipa::path(put, path = "/api/subjects/{subject}/references", tag = "subjects", request_body = SignInReferences,
    params(("subject" = Uuid, Path, description = "The subject's pseudonym")),
    responses((status = 204, description = "They are entered")))]
pub(crate) async fn set_references(
    subject: SubjectId,
    app: App,
    _call: Call,
    body: JsonBody<SignInReferences>,
) -> Result<Answer, ApiError> {
    app.set_references(subject, &body.value.references).await?;
    tracing::info!(subject_id = %subject, "the references of a student were entered");
    Ok(Answer::no_content())
}
