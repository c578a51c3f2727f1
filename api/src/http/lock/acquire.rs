//! `POST /api/copies/{copy}/lock`.

use domain::CopyId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::DEFAULT_TTL_SECONDS;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// How long a lock is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lease {
    /// How long, in seconds: 600 where nothing is said.
    #[serde(default = "default_ttl")]
    #[schema(minimum = 1, maximum = 3600)]
    ttl_seconds: u32,
}

const fn default_ttl() -> u32 {
    DEFAULT_TTL_SECONDS
}

/// Take a copy in hand. Its owner gets a standing lock again, with its token.
#[utoipa::path(post, path = "/api/copies/{copy}/lock", tag = "lock", request_body = Lease,
    params(("copy" = Uuid, Path, description = "The copy's id")),
    responses((status = 200, description = "The lock, with its token", body = crate::app::answers::lock::LockAnswer)),
)]
pub(crate) async fn acquire(
    copy: CopyId,
    app: App,
    call: Call,
    body: JsonBody<Lease>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    ask::written(&app.acquire_lock(&caller, copy, body.value.ttl_seconds).await?)
}
