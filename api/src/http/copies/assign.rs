//! `POST /api/copies/{copy}/assign`.

use domain::{ActorId, CopyId};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// Who is to mark a copy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Assignment {
    /// The grader's pseudonym; null gives the copy to nobody in particular.
    #[serde(deserialize_with = "ask::nullable")]
    grader_id: Option<Uuid>,
}

/// Give a copy to a grader of its exam, or to nobody in particular; while it is in nobody's hands.
#[utoipa::path(post, path = "/api/copies/{copy}/assign", tag = "copies", request_body = Assignment,
    params(("copy" = Uuid, Path, description = "The copy's id")),
    responses((status = 200, description = "The copy", body = crate::app::answers::copy::CopyAnswer)),
)]
pub(crate) async fn assign(
    copy: CopyId,
    app: App,
    call: Call,
    body: JsonBody<Assignment>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    ask::written(&app.assign_copy(&caller, copy, body.value.grader_id.map(ActorId)).await?)
}
