//! `PUT /api/copies/{copy}/appreciation`.

use domain::CopyId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::texts::Prose;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// What the grader says of the whole copy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAppreciation {
    /// Up to 10,000 characters; null, or nothing written, takes it back.
    #[serde(deserialize_with = "ask::nullable")]
    #[schema(required = true)]
    appreciation: Option<Prose>,
}

/// Give a copy its appreciation.
#[utoipa::path(put, path = "/api/copies/{copy}/appreciation", tag = "marking", request_body = NewAppreciation,
    params(
        ("copy" = Uuid, Path, description = "The copy's id"),
        ("X-Lock-Token" = String, Header, description = "The token of the copy's lock"),
    ),
    responses((status = 200, description = "The appreciation", body = crate::app::answers::marks::AppreciationAnswer)),
)]
pub(crate) async fn put(
    copy: CopyId,
    app: App,
    call: Call,
    body: JsonBody<NewAppreciation>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    let shown = app.shown_lock(call.lock_token.as_deref());
    ask::written(&app.set_appreciation(&caller, copy, shown, body.value.appreciation).await?)
}
