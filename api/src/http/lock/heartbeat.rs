//! `POST /api/copies/{copy}/lock/heartbeat`.

use domain::CopyId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// How long the lock is to be from now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Renewal {
    /// How long, in seconds: as before where nothing is said.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 3600)]
    ttl_seconds: Option<u32>,
}

/// Keep a copy in hand. In the first half of the lease this records nothing, and answers with the standing expiry.
#[utoipa::path(post, path = "/api/copies/{copy}/lock/heartbeat", tag = "lock", request_body = Renewal,
    params(
        ("copy" = Uuid, Path, description = "The copy's id"),
        ("X-Lock-Token" = String, Header, description = "The token of the copy's lock"),
    ),
    responses((status = 200, description = "The lock, with its token", body = crate::app::answers::lock::LockAnswer)),
)]
pub(crate) async fn heartbeat(
    copy: CopyId,
    app: App,
    call: Call,
    body: JsonBody<Renewal>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    let shown = app.shown_lock(call.lock_token.as_deref());
    ask::written(&app.renew_lock(&caller, copy, shown, body.value.ttl_seconds).await?)
}
