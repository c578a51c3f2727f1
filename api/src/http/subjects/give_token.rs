//! `POST /api/subjects/{subject}/tokens`.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::SubjectId;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// How long a student's token is to live.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenLife {
    /// In seconds: at most 30 days, unless the operator says otherwise.
    #[schema(minimum = 1)]
    life_seconds: u32,
}

/// A token for a student. It is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct StudentToken {
    /// What the student shows as `Authorization: Bearer`.
    token: String,
    /// The pseudonym that they act under.
    actor_id: uuid::Uuid,
    /// When it ends.
    expires_at: String,
}

/// Give a student a token, which opens their own released results and nothing else. It is no event, and an `Idempotency-Key`
/// is not looked at: a repeat makes another token, of which a student has a few at most. One whose answer was lost is ended by
/// `DELETE`.
#[utoipa::path(post, path = "/api/subjects/{subject}/tokens", tag = "subjects", request_body = TokenLife,
    params(("subject" = Uuid, Path, description = "The subject's pseudonym")),
    responses((status = 201, description = "The token", body = StudentToken)))]
pub(crate) async fn give_token(
    subject: SubjectId,
    app: App,
    _call: Call,
    body: JsonBody<TokenLife>,
) -> Result<Answer, ApiError> {
    let given = app.give_token(subject, body.value.life_seconds).await?;
    tracing::info!(subject_id = %subject, "a student was given a token");
    let answer = StudentToken {
        token: given.token.reveal().to_owned(),
        actor_id: given.actor.0,
        expires_at: told(given.expires_at),
    };
    Ok(ask::read(&answer)?.status(StatusCode::CREATED))
}

fn told(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
