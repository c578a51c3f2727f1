//! `PATCH /api/subjects/{subject}`.

use domain::SubjectId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::texts::{Email, PersonName, Reference};
use crate::app::{App, IdentityChange};
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// What is put right; what is left out stays, and null takes away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rectification {
    /// Another name.
    name: Option<PersonName>,
    /// Another reference.
    #[serde(default, deserialize_with = "ask::given")]
    #[schema(value_type = Option<Reference>)]
    reference: Option<Option<Reference>>,
    /// Another address.
    #[serde(default, deserialize_with = "ask::given")]
    #[schema(value_type = Option<Email>)]
    email: Option<Option<Email>>,
}

/// Put right who a subject is.
#[utoipa::path(patch, path = "/api/subjects/{subject}", tag = "subjects", request_body = Rectification,
    params(("subject" = Uuid, Path, description = "The subject's pseudonym")),
    responses((status = 200, description = "The subject", body = crate::app::answers::subject::SubjectAnswer)))]
pub(crate) async fn rectify(
    subject: SubjectId,
    app: App,
    call: Call,
    body: JsonBody<Rectification>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    let Rectification { name, reference, email } = body.value;
    ask::written(&app.rectify_subject(&caller, subject, IdentityChange { name, reference, email }).await?)
}
