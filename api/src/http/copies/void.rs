//! `POST /api/copies/{copy}/void`.

use domain::CopyId;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::app::texts::Reason;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// Why a copy counts no more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Voiding {
    /// Why: 1 to 2,000 characters.
    reason: Reason,
    /// The copy that stands in its place.
    #[serde(default)]
    replaced_by: Option<Uuid>,
}

/// Take a copy out of the count.
#[utoipa::path(post, path = "/api/copies/{copy}/void", tag = "copies", request_body = Voiding,
    params(("copy" = Uuid, Path, description = "The copy's id")),
    responses((status = 200, description = "The copy", body = crate::app::answers::copy::CopyAnswer)),
)]
pub(crate) async fn void(
    copy: CopyId,
    app: App,
    call: Call,
    body: JsonBody<Voiding>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    let Voiding { reason, replaced_by } = body.value;
    ask::written(&app.void_copy(&caller, copy, &reason, replaced_by.map(CopyId)).await?)
}
