//! `POST /api/copies/{copy}/identify`.

use domain::copy::IdentificationMethod;
use domain::{CopyId, SubjectId};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// Whose a copy is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identification {
    /// The subject's pseudonym.
    subject_id: Uuid,
    /// How it became known. `MANUAL`: somebody read it; `BARCODE`: a machine did; `ROSTER`: from a list of anonymous ids.
    #[serde(default = "manual")]
    #[schema(value_type = String, default = "MANUAL", example = "MANUAL")]
    method: IdentificationMethod,
}

const fn manual() -> IdentificationMethod {
    IdentificationMethod::Manual
}

/// Say whose a copy is. It moves no status, and nobody who marks learns it.
#[utoipa::path(post, path = "/api/copies/{copy}/identify", tag = "copies", request_body = Identification,
    params(("copy" = Uuid, Path, description = "The copy's id")),
    responses((status = 200, description = "The copy", body = crate::app::answers::copy::CopyAnswer)),
)]
pub(crate) async fn identify(
    copy: CopyId,
    app: App,
    call: Call,
    body: JsonBody<Identification>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    let Identification { subject_id, method } = body.value;
    ask::written(&app.identify_copy(&caller, copy, SubjectId(subject_id), method).await?)
}
