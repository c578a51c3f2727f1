//! `POST /api/subjects`.

use http::StatusCode;
use http::header::LOCATION;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::texts::{Email, PersonName, Reference};
use crate::app::{App, Identity};
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// A person to be registered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSubject {
    /// The name.
    name: PersonName,
    /// The student number, or what else the school knows them by.
    reference: Option<Reference>,
    /// Where they are written to.
    email: Option<Email>,
}

/// Register a person. Who it is, is sealed at once; the answer names the pseudonym.
#[utoipa::path(post, path = "/api/subjects", tag = "subjects", request_body = NewSubject,
    responses((status = 201, description = "The subject", body = crate::app::answers::subject::SubjectAnswer)))]
pub(crate) async fn register(app: App, call: Call, body: JsonBody<NewSubject>) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    let NewSubject { name, reference, email } = body.value;
    let written = app.register_subject(&caller, &Identity { name, reference, email }).await?;
    let id = written.answer.get("id").and_then(|id| id.as_str()).unwrap_or_default();
    let location = format!("/api/subjects/{id}");
    Ok(ask::written(&written)?.status(StatusCode::CREATED).header(LOCATION, &location))
}
