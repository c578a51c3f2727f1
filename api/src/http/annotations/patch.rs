//! `PATCH /api/copies/{copy}/annotations/{annotation}`.

use domain::copy::MarkKind;
use domain::{AnnotationId, CopyId, QuestionId};
use http::HeaderMap;
use http::header::ETAG;
use serde::Deserialize;
use utoipa::ToSchema;

use super::revision::{etag, named};
use crate::app::answers::decimal::DecimalPoints;
use crate::app::answers::page_box::BoxJson;
use crate::app::texts::Prose;
use crate::app::{AnnotationChange, App};
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// What is to be changed: a JSON merge patch (RFC 7396). What is left out stays; null takes away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnnotationPatch {
    /// The revision that was read; or `If-Match` with the annotation's `ETag`.
    #[serde(default)]
    revision: Option<u32>,
    /// Where on the displayed page.
    #[serde(default)]
    r#box: Option<BoxJson>,
    /// COMMENT, HIGHLIGHT, ERROR or BONUS.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    kind: Option<MarkKind>,
    /// Points that it adds to the total, or takes from it.
    #[serde(default, deserialize_with = "ask::given")]
    #[schema(value_type = Option<DecimalPoints>)]
    points: Option<Option<DecimalPoints>>,
    /// The question that it is about.
    #[serde(default, deserialize_with = "ask::given")]
    #[schema(value_type = Option<String>)]
    question: Option<Option<QuestionId>>,
    /// Up to 10,000 characters.
    #[serde(default, deserialize_with = "ask::given")]
    #[schema(value_type = Option<String>)]
    text: Option<Option<Prose>>,
}

/// Change a mark.
#[utoipa::path(patch, path = "/api/copies/{copy}/annotations/{annotation}", tag = "annotations",
    request_body = AnnotationPatch,
    params(
        ("copy" = Uuid, Path, description = "The copy's id"),
        ("annotation" = Uuid, Path, description = "The annotation's id"),
        ("X-Lock-Token" = String, Header, description = "The token of the copy's lock"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the annotation as it was read"),
    ),
    responses((status = 200, description = "The annotation", body = crate::app::answers::annotation::AnnotationAnswer)),
)]
pub(crate) async fn patch(
    copy: CopyId,
    annotation: AnnotationId,
    headers: HeaderMap,
    app: App,
    call: Call,
    body: JsonBody<AnnotationPatch>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    let shown = app.shown_lock(call.lock_token.as_deref());
    let AnnotationPatch { revision, r#box, kind, points, question, text } = body.value;
    let revision = named(revision, &headers)?;
    let points = points.map(|points| points.map(|points| points.0));
    let change = AnnotationChange { area: r#box, kind, points, question, text };
    let written = app.revise_annotation(&caller, copy, shown, annotation, revision, change).await?;
    let now = written.answer.get("revision").and_then(serde_json::Value::as_u64).unwrap_or_default();
    Ok(ask::written(&written)?.header(ETAG, &etag(now)))
}
