//! `DELETE /api/copies/{copy}/annotations/{annotation}`.

use domain::{AnnotationId, CopyId};
use http::HeaderMap;
use serde::Deserialize;
use utoipa::IntoParams;

use super::revision::named;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// Which revision was read.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfRevision {
    /// The revision that was read; or `If-Match` with the annotation's `ETag`.
    revision: Option<u32>,
}

/// Take a mark away. It stays in the copy's history.
#[utoipa::path(delete, path = "/api/copies/{copy}/annotations/{annotation}", tag = "annotations",
    params(
        ("copy" = Uuid, Path, description = "The copy's id"),
        ("annotation" = Uuid, Path, description = "The annotation's id"),
        ("X-Lock-Token" = String, Header, description = "The token of the copy's lock"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the annotation as it was read"),
        OfRevision,
    ),
    responses((status = 204, description = "It is gone")),
)]
pub(crate) async fn delete(
    copy: CopyId,
    annotation: AnnotationId,
    query: OfRevision,
    headers: HeaderMap,
    app: App,
    call: Call,
) -> Result<Answer, ApiError> {
    let revision = named(query.revision, &headers)?;
    // The revision is no part of the path: without it, one key could stand for two commands.
    let caller = ask::caller(&call, &domain::Digest::of(format!("revision {revision}").as_bytes()));
    let shown = app.shown_lock(call.lock_token.as_deref());
    let written = app.remove_annotation(&caller, copy, shown, annotation, revision).await?;
    Ok(Answer::no_content().at_position(written.position))
}
