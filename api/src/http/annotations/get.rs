//! `GET /api/copies/{copy}/annotations/{annotation}`.

use domain::{AnnotationId, CopyId};
use http::header::ETAG;

use super::revision::etag;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// An annotation that stands. Its `ETag` is its revision.
#[utoipa::path(get, path = "/api/copies/{copy}/annotations/{annotation}", tag = "annotations",
    params(
        ("copy" = Uuid, Path, description = "The copy's id"),
        ("annotation" = Uuid, Path, description = "The annotation's id"),
    ),
    responses((status = 200, description = "The annotation", body = crate::app::answers::annotation::AnnotationAnswer)),
)]
pub(crate) async fn get(
    copy: CopyId,
    annotation: AnnotationId,
    app: App,
    call: Call,
) -> Result<Answer, ApiError> {
    let found = app.annotation(call.sight(), copy, annotation, call.seen_position).await?;
    let revision = found.get("revision").and_then(serde_json::Value::as_u64).unwrap_or_default();
    Ok(ask::read(&found)?.header(ETAG, &etag(revision)))
}
